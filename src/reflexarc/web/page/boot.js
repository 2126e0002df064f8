// A browser refuses modules in a page opened as a file, so such a page gets everything as one script.
(function () {
  var script = document.createElement("script");
  if (location.protocol === "file:") script.src = "offline.js";
  else {
    script.type = "module";
    script.src = "shell/main.js";
  }
  document.head.append(script);
})();
