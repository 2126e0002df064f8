// How the worker starts: as a module from its file. A page opened as a file has another way, which
// the script for such pages puts in this one's place (web/linker.py).

/** Return the running worker. */
export function startWorker() {
  return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
}
