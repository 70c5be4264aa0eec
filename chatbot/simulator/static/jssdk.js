// Stands in for the WeCom client's JS object (@wecom/jssdk): the same names, results and failures.
// The page that includes it stands in the toolbar of a member's client; that client answers.

(function () {
  "use strict";

  var client = new URL(document.currentScript.src).origin;
  var framed = window.parent !== window;
  var page = Math.random().toString(36).slice(2) + Date.now().toString(36);
  var waiting = {};
  var asked = 0;
  var registered = null;

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== client) return;
    var reply = event.data;
    if (!reply || reply.page !== page || !waiting[reply.id]) return;
    waiting[reply.id](reply.result);
    delete waiting[reply.id];
  });

  function ask(api, params) {
    if (!framed) return Promise.resolve(failure(api, "function not exist"));
    return new Promise(function (resolve) {
      asked += 1;
      waiting[asked] = resolve;
      window.parent.postMessage({page: page, id: asked, api: api, params: params}, client);
    });
  }

  function failure(api, words) {
    return {errCode: -1, errMsg: api + ":fail " + words};
  }

  // What can be sent to the client: everything but the callbacks.
  function plain(params) {
    return JSON.parse(JSON.stringify(params));
  }

  function tell(hooks, names, result) {
    var good = result.errCode === 0;
    [good ? names[0] : names[1], names[2]].forEach(function (name) {
      if (typeof hooks[name] === "function") hooks[name](result);
    });
    return good;
  }

  function call(api, given) {
    var params = given || {};
    var result = registered === null
      ? Promise.resolve(failure(api, "no permission"))
      : registered.then(function () { return ask(api, plain(params)); });
    var answer = result.then(function (found) {
      if (tell(params, ["success", "fail", "complete"], found)) return found;
      throw Object.assign(new Error(found.errMsg), found);
    });
    // Who passes a callback need not look at the promise.
    if (params.fail || params.complete) answer.catch(function () {});
    return answer;
  }

  function prove(kind, options, sign, hooks) {
    if (typeof sign !== "function") return Promise.resolve();
    var url = location.href.split("#")[0];
    return Promise.resolve(url).then(sign).then(function (signature) {
      return ask(kind, {
        url: url, corpId: options.corpId, agentId: options.agentId,
        jsApiList: options.jsApiList || [], signature: signature,
      });
    }).catch(function (error) {
      return failure(kind, String(error && error.message));
    }).then(function (result) {
      tell(options, hooks, result);
    });
  }

  function register(options) {
    registered = Promise.all([
      prove("config", options, options.getConfigSignature,
        ["onConfigSuccess", "onConfigFail", "onConfigComplete"]),
      prove("agentConfig", options, options.getAgentConfigSignature,
        ["onAgentConfigSuccess", "onAgentConfigFail", "onAgentConfigComplete"]),
    ]);
  }

  var ww = {SDK_VERSION: "simulator", register: register};
  ["getContext", "getCurExternalContact", "sendChatMessage", "openEnterpriseChat", "navigateToKfChat"]
    .forEach(function (api) {
      ww[api] = function (params) { return call(api, params); };
    });
  window.ww = ww;
})();
