/** Fluent's elements in use: those that decorate. Controls stay native, so that forms work before and without this. */
import "@fluentui/web-components/avatar.js";
import "@fluentui/web-components/badge.js";
import "@fluentui/web-components/message-bar.js";
