// Preloaded into Agents Playground, which listens on every interface and has no option for it: whatever it binds,
// it binds on loopback. Forms of listen(): (port[, host][, backlog][, callback]), (options[, callback]), (path[, ...]).
"use strict";
const net = require("node:net");

const LOOPBACK = "127.0.0.1";
const listen = net.Server.prototype.listen;
const isPort = (value) => typeof value === "number" || /^\d+$/.test(value);

net.Server.prototype.listen = function (first, ...rest) {
  if (first !== null && typeof first === "object" && first.port !== undefined) {
    return listen.call(this, { ...first, host: LOOPBACK }, ...rest);
  }
  if (isPort(first)) {
    if (typeof rest[0] === "string") rest.shift();
    return listen.call(this, first, LOOPBACK, ...rest);
  }
  return listen.call(this, first, ...rest);
};
