// Buffer, TextEncoder and TextDecoder (page functions-javascript-runtime-20, "Built-in modules").
(function (environment) {
  'use strict';
  const ENCODINGS = ['utf8', 'utf-8', 'hex', 'base64', 'base64url'];
  const HEX = '0123456789abcdef';
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  function utf8Bytes(text) {
    const bytes = [];
    for (let index = 0; index < text.length; index += 1) {
      let code = text.codePointAt(index);
      if (code > 0xffff) index += 1;
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return bytes;
  }

  // WHATWG Encoding §8.1.1: one U+FFFD for each maximal part that is not UTF-8.
  function utf8Text(bytes, fatal) {
    let text = '';
    for (let index = 0; index < bytes.length;) {
      const first = bytes[index];
      index += 1;
      if (first < 0x80) { text += String.fromCharCode(first); continue; }
      let count = first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
      let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      let code = count === 1 ? first & 31 : count === 2 ? first & 15 : first & 7;
      let isWhole = count > 0;
      while (count > 0) {
        const next = bytes[index];
        if (next === undefined || next < low || next > high) { isWhole = false; break; }
        code = (code << 6) | (next & 63);
        index += 1;
        count -= 1;
        low = 0x80;
        high = 0xbf;
      }
      if (!isWhole && fatal) throw new TypeError('The encoded data was not valid');
      text += isWhole ? String.fromCodePoint(code) : '\uFFFD';
    }
    return text;
  }

  function hexBytes(text) {
    const bytes = [];
    for (let index = 0; index + 1 < text.length; index += 2) {
      const high = HEX.indexOf(text[index].toLowerCase());
      const low = HEX.indexOf(text[index + 1].toLowerCase());
      if (high < 0 || low < 0) break;
      bytes.push(high * 16 + low);
    }
    return bytes;
  }

  function base64Bytes(text) {
    const bytes = [];
    let bits = 0;
    let held = 0;
    for (let index = 0; index < text.length; index += 1) {
      const letter = text[index] === '-' ? '+' : text[index] === '_' ? '/' : text[index];
      if (letter === '=') break;
      const value = ALPHABET.indexOf(letter);
      if (value < 0) continue;
      held = ((held << 6) | value) & 0xffffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes.push((held >> bits) & 255);
      }
    }
    return bytes;
  }

  function base64Text(bytes, isUrl) {
    let text = '';
    for (let index = 0; index < bytes.length; index += 3) {
      const group = (bytes[index] << 16) | ((bytes[index + 1] || 0) << 8) | (bytes[index + 2] || 0);
      const count = Math.min(3, bytes.length - index) + 1;
      for (let at = 0; at < count; at += 1) text += ALPHABET[(group >> (18 - 6 * at)) & 63];
      if (!isUrl) text += '='.repeat(4 - count);
    }
    return isUrl ? text.replace(/\+/g, '-').replace(/\//g, '_') : text;
  }

  function hexText(bytes) {
    let text = '';
    for (let index = 0; index < bytes.length; index += 1) text += HEX[bytes[index] >> 4] + HEX[bytes[index] & 15];
    return text;
  }

  function known(encoding) {
    const name = encoding === undefined ? 'utf8' : String(encoding).toLowerCase();
    if (!ENCODINGS.includes(name)) throw new TypeError('"' + encoding + '" encoding is not supported');
    return name;
  }
  function encoded(text, encoding) {
    const name = known(encoding);
    if (name === 'hex') return hexBytes(text);
    return name.startsWith('base64') ? base64Bytes(text) : utf8Bytes(text);
  }
  function decoded(bytes, encoding) {
    const name = known(encoding);
    if (name === 'hex') return hexText(bytes);
    return name.startsWith('base64') ? base64Text(bytes, name === 'base64url') : utf8Text(bytes, false);
  }
  const viewed = (value) => (value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  function octets(value, encoding) {
    if (typeof value === 'string') return encoded(value, encoding);
    if (ArrayBuffer.isView(value)) return viewed(value);
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    throw new TypeError('the value is neither a string nor a Buffer');
  }

  const KEY = {};
  class Buffer extends Uint8Array {
    constructor(key, ...rest) {
      if (key !== KEY) throw new TypeError('Buffer is not a constructor');
      super(...rest);
    }
    static get [Symbol.species]() { return Uint8Array; }
    static alloc(size, fill, encoding) {
      const made = new Buffer(KEY, size);
      return fill === undefined ? made : made.fill(fill, 0, size, encoding);
    }
    static allocUnsafe(size) { return new Buffer(KEY, size); }
    static byteLength(value, encoding) { return octets(value, encoding).length; }
    static compare(first, second) { return first.compare(second); }
    static concat(list, totalLength) {
      const total = totalLength === undefined ? list.reduce((sum, item) => sum + item.length, 0) : totalLength;
      const made = Buffer.alloc(total);
      let at = 0;
      list.forEach((item) => {
        const part = item.subarray(0, Math.max(0, total - at));
        made.set(part, at);
        at += part.length;
      });
      return made;
    }
    static from(value, offsetOrEncoding, length) {
      if (typeof value === 'string') return new Buffer(KEY, encoded(value, offsetOrEncoding));
      if (value instanceof ArrayBuffer) return new Buffer(KEY, value, offsetOrEncoding, length);
      if (Array.isArray(value) || ArrayBuffer.isView(value)) return new Buffer(KEY, value);
      if (typeof value === 'object' && value !== null) {
        if (value.type === 'Buffer' && Array.isArray(value.data)) return new Buffer(KEY, value.data);
        const inner = value.valueOf();
        if (inner !== value) return Buffer.from(inner, offsetOrEncoding, length);
      }
      throw new TypeError('first argument is not a string or Buffer-like object');
    }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return ENCODINGS.includes(String(name).toLowerCase()); }

    compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
      if (!(target instanceof Uint8Array)) throw new TypeError('target argument must be an instance of Buffer');
      const own = this.subarray(sourceStart || 0, sourceEnd);
      const other = target.subarray(targetStart || 0, targetEnd);
      for (let index = 0; index < Math.min(own.length, other.length); index += 1) {
        if (own[index] !== other[index]) return own[index] < other[index] ? -1 : 1;
      }
      return own.length === other.length ? 0 : own.length < other.length ? -1 : 1;
    }
    copy(target, targetStart, sourceStart, sourceEnd) {
      const at = targetStart || 0;
      const part = this.subarray(sourceStart || 0, sourceEnd).subarray(0, Math.max(0, target.length - at));
      target.set(part, at);
      return part.length;
    }
    equals(other) { return this.compare(other) === 0; }
    fill(value, offset, end, encoding) {
      if (typeof offset === 'string') return this.fill(value, 0, this.length, offset);
      const from = offset || 0;
      const to = end === undefined ? this.length : end;
      if (typeof value === 'number') return super.fill(value, from, to);
      const pattern = octets(value, encoding);
      for (let index = from; index < to; index += 1) this[index] = pattern.length ? pattern[(index - from) % pattern.length] : 0;
      return this;
    }
    includes(value, byteOffset, encoding) { return this.indexOf(value, byteOffset, encoding) >= 0; }
    indexOf(value, byteOffset, encoding) {
      if (typeof value === 'number') return super.indexOf(value & 255, byteOffset || 0);
      if (typeof byteOffset === 'string') return this.indexOf(value, 0, byteOffset);
      const wanted = octets(value, encoding);
      const from = byteOffset || 0;
      for (let at = from < 0 ? Math.max(0, this.length + from) : from; at + wanted.length <= this.length; at += 1) {
        if (holds(this, wanted, at)) return at;
      }
      return -1;
    }
    lastIndexOf(value, byteOffset, encoding) {
      if (typeof byteOffset === 'string') return this.lastIndexOf(value, undefined, byteOffset);
      const wanted = typeof value === 'number' ? [value & 255] : octets(value, encoding);
      const last = this.length - wanted.length;
      const from = byteOffset === undefined ? last : Math.min(last, byteOffset < 0 ? this.length + byteOffset : byteOffset);
      for (let at = from; at >= 0; at -= 1) if (holds(this, wanted, at)) return at;
      return -1;
    }
    subarray(start, end) {
      const part = super.subarray(start, end);
      return new Buffer(KEY, part.buffer, part.byteOffset, part.length);
    }
    slice(start, end) { return this.subarray(start, end); }
    swap16() { return swapped(this, 2); }
    swap32() { return swapped(this, 4); }
    swap64() { return swapped(this, 8); }
    toJSON() { return { type: 'Buffer', data: [].slice.call(this) }; }
    toString(encoding, start, end) { return decoded(this.subarray(start || 0, end), encoding); }
    write(text, offset, length, encoding) {
      if (typeof offset === 'string') return this.write(text, 0, undefined, offset);
      if (typeof length === 'string') return this.write(text, offset, undefined, length);
      const at = offset || 0;
      const room = Math.min(length === undefined ? this.length - at : length, this.length - at);
      let bytes = encoded(text, encoding);
      if (bytes.length > room) bytes = known(encoding).startsWith('utf') ? wholeLetters(bytes, room) : bytes.slice(0, room);
      this.set(bytes, at);
      return bytes.length;
    }
    readIntBE(offset, count) { return signed(this.readUIntBE(offset, count), count); }
    readIntLE(offset, count) { return signed(this.readUIntLE(offset, count), count); }
    readUIntBE(offset, count) { return unsigned(this, offset, count, false); }
    readUIntLE(offset, count) { return unsigned(this, offset, count, true); }
    writeIntBE(value, offset, count) { return stored(this, value, offset, count, false); }
    writeIntLE(value, offset, count) { return stored(this, value, offset, count, true); }
    writeUIntBE(value, offset, count) { return stored(this, value, offset, count, false); }
    writeUIntLE(value, offset, count) { return stored(this, value, offset, count, true); }
  }
  function holds(bytes, wanted, at) {
    for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
    return true;
  }
  function wholeLetters(bytes, room) {
    let end = room;
    while (end > 0 && (bytes[end] & 0xc0) === 0x80) end -= 1;
    return bytes.slice(0, end);
  }
  function swapped(buffer, size) {
    if (buffer.length % size) throw new RangeError('Buffer size must be a multiple of ' + size * 8 + '-bits');
    for (let at = 0; at < buffer.length; at += size) viewed(buffer).subarray(at, at + size).reverse();
    return buffer;
  }
  function inside(buffer, offset, count) {
    const at = offset === undefined ? 0 : offset;
    if (!(count >= 1 && count <= 8)) throw new RangeError('byteLength must be from 1 to 6');
    if (!(at >= 0 && at + count <= buffer.length)) throw new RangeError('index ' + at + ' is outside the bound of the buffer');
    return at;
  }
  function unsigned(buffer, offset, count, isLittle) {
    const at = inside(buffer, offset, count);
    let value = 0;
    for (let index = 0; index < count; index += 1) value = value * 256 + buffer[isLittle ? at + count - 1 - index : at + index];
    return value;
  }
  function signed(value, count) {
    const limit = Math.pow(2, count * 8 - 1);
    return value >= limit ? value - 2 * limit : value;
  }
  function stored(buffer, value, offset, count, isLittle) {
    const at = inside(buffer, offset, count);
    let rest = value < 0 ? value + Math.pow(2, count * 8) : value;
    for (let index = 0; index < count; index += 1) {
      buffer[isLittle ? at + index : at + count - 1 - index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return at + count;
  }
  const method = (name, body) => Object.defineProperty(Buffer.prototype, name, { value: body, writable: true, configurable: true });
  [['8', 1], ['16', 2], ['32', 4]].forEach((width) => {
    ['', 'U'].forEach((sign) => {
      (width[1] === 1 ? [''] : ['BE', 'LE']).forEach((order) => {
        const whole = sign + 'Int' + (order || 'BE');
        method('read' + sign + 'Int' + width[0] + order, function (offset) { return this['read' + whole](offset, width[1]); });
        method('write' + sign + 'Int' + width[0] + order, function (value, offset) { return this['write' + whole](value, offset, width[1]); });
      });
    });
  });
  [['Float', 4], ['Double', 8]].forEach((kind) => {
    ['BE', 'LE'].forEach((order) => {
      const accessor = kind[0] === 'Float' ? 'Float32' : 'Float64';
      const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
      method('read' + kind[0] + order, function (offset) { return view(this)['get' + accessor](inside(this, offset, kind[1]), order === 'LE'); });
      method('write' + kind[0] + order, function (value, offset) {
        const at = inside(this, offset, kind[1]);
        view(this)['set' + accessor](at, value, order === 'LE');
        return at + kind[1];
      });
    });
  });

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text) { return new Uint8Array(utf8Bytes(text === undefined ? '' : String(text))); }
    encodeInto(text, target) {
      const bytes = utf8Bytes(String(text));
      const part = bytes.length > target.length ? wholeLetters(bytes, target.length) : bytes;
      target.set(part);
      return { read: utf8Text(part, false).length, written: part.length };
    }
  }
  class TextDecoder {
    constructor(label, options) {
      const name = label === undefined ? 'utf-8' : String(label).toLowerCase();
      if (name !== 'utf-8' && name !== 'utf8') throw new TypeError('"' + label + '" encoding is not supported');
      this._fatal = !!(options && options.fatal);
      this._ignoreBOM = !!(options && options.ignoreBOM);
    }
    get encoding() { return 'utf-8'; }
    get fatal() { return this._fatal; }
    get ignoreBOM() { return this._ignoreBOM; }
    decode(bytes) {
      const text = bytes === undefined ? '' : utf8Text(octets(bytes), this._fatal);
      return text[0] === '\uFEFF' && !this._ignoreBOM ? text.slice(1) : text;
    }
  }
  globalThis.Buffer = Buffer;
  globalThis.TextEncoder = TextEncoder;
  globalThis.TextDecoder = TextDecoder;
  environment.hexText = hexText;
  environment.Buffer = Buffer;
  return { Buffer };
})
