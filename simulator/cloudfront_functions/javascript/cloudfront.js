// import cf from 'cloudfront': pages functions-custom-methods, helper-functions-origin-modification, general-helper-methods.
(function (environment) {
  'use strict';
  const { native, state, stringify, Buffer } = environment;

  function named(name, message) {
    const error = new Error(message);
    error.name = name;
    return error;
  }

  function read(key, options) {
    if (typeof key !== 'string') throw new TypeError('the key must be a string');
    const format = options === undefined || options === null || options.format === undefined ? 'string' : options.format;
    if (!['string', 'json', 'bytes'].includes(format)) throw new TypeError('format must be string, json or bytes');
    const value = native.get(stringify(key));
    if (value === null) throw named('KeyNotFound', 'the key ' + stringify(key) + ' is not in the key value store');
    if (format === 'bytes') return Buffer.from(JSON.parse(value));
    return format === 'json' ? JSON.parse(JSON.parse(value)) : JSON.parse(value);
  }

  function kvs(id) {
    const own = native.storeId();
    if (own === null) throw named('KVSNamespaceNotFound', 'no key value store is associated with the function');
    if (id !== undefined && id !== own) throw named('KVSNamespaceNotFound', 'the function is not associated with the key value store ' + String(id));
    return {
      get: async function get(key, options) { return read(key, options); },
      exists: async function exists(key) {
        if (typeof key !== 'string') throw new TypeError('the key must be a string');
        return native.get(stringify(key)) !== null;
      },
      count: async function count() { return JSON.parse(native.meta()).keyCount; },
      meta: async function meta() { return JSON.parse(native.meta()); },
    };
  }

  function changesOrigin(method) {
    if (state.eventType !== 'viewer-request') throw new Error(method + ' works in viewer-request functions only');
  }
  return {
    kvs,
    updateRequestOrigin: function updateRequestOrigin(origin) {
      changesOrigin('updateRequestOrigin');
      native.origin(stringify({ update: origin === undefined ? null : origin }));
    },
    selectRequestOriginById: function selectRequestOriginById(id, overrides) {
      changesOrigin('selectRequestOriginById');
      native.origin(stringify({ id, update: overrides === undefined ? {} : overrides }));
    },
    createRequestOriginGroup: function createRequestOriginGroup() {
      throw new Error('createRequestOriginGroup is not simulated');
    },
    get edgeLocation() { return state.edgeLocation; },
  };
})
