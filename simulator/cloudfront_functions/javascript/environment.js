// The globals of JavaScript runtime 2.0 (page functions-javascript-runtime-20), made out of a full engine's.
(function (native) {
  'use strict';
  const RealDate = Date;
  const RealMap = Map;
  const listOf = Array.from.bind(Array);
  const stringify = JSON.stringify;
  const wellFormed = String.prototype.toWellFormed;
  const state = { startMs: 0, logBytes: 0, outcome: null, eventType: '', edgeLocation: {} };

  // ---- Date stands still while a function runs -----------------------------------------------------------------
  function FixedDate(year, month, day, hours, minutes, seconds, ms) {
    if (new.target === undefined) return new RealDate(state.startMs).toString();
    const count = arguments.length;
    if (count === 0) return new RealDate(state.startMs);
    if (count === 1) return new RealDate(year);
    const part = (value, at) => (count > at ? value : 0);
    return new RealDate(year, month, count > 2 ? day : 1, part(hours, 3), part(minutes, 4), part(seconds, 5), part(ms, 6));
  }
  FixedDate.prototype = RealDate.prototype;
  FixedDate.now = function now() { return state.startMs; };
  FixedDate.parse = RealDate.parse;
  FixedDate.UTC = RealDate.UTC;
  Object.defineProperty(RealDate.prototype, 'constructor', { value: FixedDate, writable: true, configurable: true });
  globalThis.Date = FixedDate;

  // ---- console.log takes one argument; a run's log is cut at 10 KB (page cloudfront-function-restrictions) -------
  const LOG_LIMIT = 10240;
  function shown(value) {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return String(value);
    if (typeof value === 'object' && value !== null) {
      try { return stringify(value); } catch (error) { return String(error); }
    }
    return typeof value === 'function' ? '[Function]' : String(value);
  }
  globalThis.console = Object.freeze({
    log: function log(value) {
      const line = shown(value);
      const left = LOG_LIMIT - state.logBytes;
      if (left > 0) {
        const kept = line.length > left ? line.slice(0, left) : line;
        // The short way is for a line that the binding can take as it is: see crypto.js.
        const isPlain = kept.length < 400 && wellFormed.call(kept) === kept && native.log(kept, kept.length);
        if (!isPlain) native.logJson(stringify(kept));
      }
      state.logBytes += line.length;
    },
  });

  // ---- what the page does not list is not there -----------------------------------------------------------------
  const KEPT = {
    Object: 'create defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyDescriptors'
      + ' getOwnPropertyNames getPrototypeOf isExtensible isFrozen isSealed keys preventExtensions seal assign entries'
      + ' values is setPrototypeOf',
    Array: 'isArray of',
    String: 'fromCharCode fromCodePoint',
    Promise: 'all allSettled any reject resolve race',
    Symbol: 'for keyFor iterator asyncIterator hasInstance isConcatSpreadable match matchAll replace search species split'
      + ' toPrimitive toStringTag unscopables',
  };
  const KEPT_ON_PROTOTYPE = {
    Array: 'concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight reverse shift slice some'
      + ' sort splice unshift copyWithin fill find findIndex includes toString toLocaleString',
    String: 'charAt charCodeAt concat indexOf lastIndexOf localeCompare match replace search slice split substr substring'
      + ' toLowerCase toUpperCase toLocaleLowerCase toLocaleUpperCase trim codePointAt endsWith includes repeat'
      + ' startsWith padStart padEnd trimStart trimEnd replaceAll toString valueOf',
    Promise: 'catch finally then',
  };
  const REMOVED = 'Map Set WeakMap WeakSet WeakRef Proxy Reflect BigInt BigInt64Array BigUint64Array Iterator Atomics'
    + ' SharedArrayBuffer FinalizationRegistry AggregateError SuppressedError DisposableStack AsyncDisposableStack'
    + ' Float16Array DOMException queueMicrotask performance escape unescape';
  const ownKeys = Reflect.ownKeys;
  const remove = Reflect.deleteProperty;
  function keepOnly(object, names) {
    const kept = names.split(' ').concat('length', 'name', 'prototype', 'constructor');
    ownKeys(object).forEach((key) => {
      if (typeof key === 'string' && !kept.includes(key)) remove(object, key); // some of Symbol's stay: they are fixed
    });
  }
  function restrict() {
    REMOVED.split(' ').forEach((name) => { delete globalThis[name]; });
    Object.keys(KEPT).forEach((name) => keepOnly(globalThis[name], KEPT[name]));
    Object.keys(KEPT_ON_PROTOTYPE).forEach((name) => keepOnly(globalThis[name].prototype, KEPT_ON_PROTOTYPE[name]));
    const refuse = () => { throw new TypeError('function constructor is disabled'); };
    const RealFunction = Function;
    const constructors = [function () {}, async function () {}, function* () {}, async function* () {}];
    constructors.forEach((made) => {
      const prototype = Object.getPrototypeOf(made);
      Object.defineProperty(prototype, 'constructor', { value: refuse, configurable: true, writable: true });
    });
    function NoFunction() { refuse(); }
    NoFunction.prototype = RealFunction.prototype;
    globalThis.Function = NoFunction;
    globalThis.eval = function () { throw new InternalError('eval is disabled'); };
  }

  // ---- whether a run changed what the next one would see ----------------------------------------------------------
  // Methods cannot be extended, so only what holds them has to be compared: constructors, prototypes, namespaces.
  function snapshot() {
    const seen = new RealMap();
    const descriptor = Object.getOwnPropertyDescriptor;
    const seal = Object.preventExtensions;
    const isMethod = (value) => typeof value === 'function' && descriptor(value, 'prototype') === undefined;
    const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
    const pending = [globalThis];
    while (pending.length) {
      const object = pending.pop();
      if (seen.has(object)) continue;
      const keys = ownKeys(object);
      const fields = [];
      seen.set(object, { object, count: keys.length, fields });
      keys.forEach((key) => {
        const found = descriptor(object, key);
        [found.get, found.set].filter(isObject).forEach(seal);
        if (found.writable) fields.push(key, found.value);
        if (isMethod(found.value)) seal(found.value);
        else if (isObject(found.value)) pending.push(found.value);
      });
      const parent = Object.getPrototypeOf(object);
      if (parent !== null) pending.push(parent);
    }
    const records = listOf(seen.values());
    return function isPristine() {
      for (let index = 0; index < records.length; index += 1) {
        const record = records[index];
        const object = record.object;
        const fields = record.fields;
        if (ownKeys(object).length !== record.count) return false;
        for (let at = 0; at < fields.length; at += 2) {
          if (object[fields[at]] !== fields[at + 1]) return false;
        }
      }
      return true;
    };
  }

  return { native, state, stringify, restrict, snapshot };
})
