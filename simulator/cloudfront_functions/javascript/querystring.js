// require('querystring') (page functions-javascript-runtime-20, "Query string").
(function (environment) {
  'use strict';
  const { Buffer } = environment;
  const wellFormed = String.prototype.toWellFormed;

  function escape(text) {
    return encodeURIComponent(wellFormed.call(text));
  }

  // Invalid UTF-8 becomes U+FFFD; a % that starts no escape stays.
  function unescape(text) {
    if (!text.includes('%')) return text;
    const bytes = [];
    for (let index = 0; index < text.length; index += 1) {
      const digits = text.slice(index + 1, index + 3);
      if (text[index] === '%' && /^[0-9A-Fa-f]{2}$/.test(digits)) {
        bytes.push(Buffer.from([parseInt(digits, 16)]));
        index += 2;
      } else {
        let letter = text[index];
        if (/[\uD800-\uDBFF]/.test(letter) && index + 1 < text.length) { index += 1; letter += text[index]; }
        bytes.push(Buffer.from(letter));
      }
    }
    return Buffer.concat(bytes).toString();
  }

  function parse(text, separator, equal, options) {
    const settings = options || {};
    const decode = settings.decodeURIComponent || unescape;
    const maxKeys = settings.maxKeys === undefined ? 1000 : settings.maxKeys;
    const found = {};
    if (typeof text !== 'string' || text === '') return found;
    const parts = text.split(separator || '&').filter((item) => item !== '');
    (maxKeys > 0 ? parts.slice(0, maxKeys) : parts).forEach((item) => {
      const at = item.indexOf(equal || '=');
      const plain = (piece) => decode(piece.replace(/\+/g, ' '));
      const name = plain(at < 0 ? item : item.slice(0, at));
      const value = at < 0 ? '' : plain(item.slice(at + (equal || '=').length));
      if (!Object.prototype.hasOwnProperty.call(found, name)) {
        Object.defineProperty(found, name, { value, writable: true, enumerable: true, configurable: true });
      } else if (Array.isArray(found[name])) found[name].push(value);
      else found[name] = [found[name], value];
    });
    return found;
  }

  function stringify(object, separator, equal, options) {
    const encode = (options && options.encodeURIComponent) || escape;
    if (typeof object !== 'object' || object === null) return '';
    const pairs = [];
    const plain = (value) => (['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '');
    Object.keys(object).forEach((name) => {
      [].concat(object[name]).forEach((value) => pairs.push(encode(name) + (equal || '=') + encode(plain(value))));
    });
    return pairs.join(separator || '&');
  }
  return { escape, unescape, parse, decode: parse, stringify, encode: stringify };
})
