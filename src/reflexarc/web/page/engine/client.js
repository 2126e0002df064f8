// The page's side of the engine: promises in front of a worker.

import { startWorker } from "./start.js";

/** Start the worker and return the engine; see page/README.md for what it answers. */
export async function openEngine() {
  const worker = startWorker();
  const waiting = new Map();
  let count = 0;

  worker.onmessage = ({ data }) => waiting.get(data.id)?.(data);
  worker.onerror = (event) => {
    const message = event.message || "The model could not be started in this browser.";
    for (const [id, answer] of waiting) answer({ id, error: message });
  };

  function ask(kind, question, onPart = null) {
    count += 1;
    const id = count;
    const promise = new Promise((resolve, reject) => {
      waiting.set(id, (data) => {
        if (data.error !== undefined) reject(new Error(data.error));
        else if (onPart) {
          const finished = onPart(data);
          if (!finished) return;
          resolve(finished);
        } else resolve(data.value);
        waiting.delete(id);
      });
      worker.postMessage({ id, kind, ...question });
    });
    return { id, promise, forget: () => waiting.delete(id) };
  }

  return {
    recruit: (stimulus, cut = []) => ask("recruit", { stimulus, cut }).promise,
    course: (scenario, options) => ask("course", { scenario, options: plain(options) }).promise,

    cohort(scenario, { signal = null, onProgress = null, ...options }) {
      const members = [];
      const question = ask("cohort", { scenario, options: plain(options) }, ({ part, done, complete }) => {
        members.push(...part);
        const whole = gather(members, options.ids);
        onProgress?.(done, whole);
        return complete ? whole : null;
      });
      if (!signal) return question.promise;
      return new Promise((resolve, reject) => {
        const stop = () => {
          worker.postMessage({ id: 0, kind: "cancel", what: question.id });
          question.forget();
          reject(new DOMException("The cohort was stopped.", "AbortError"));
        };
        if (signal.aborted) stop();
        else signal.addEventListener("abort", stop, { once: true });
        question.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
      });
    },

    close: () => worker.terminate(),
  };
}

function gather(members, ids) {
  return {
    times: members[0]?.times ?? [],
    series: Object.fromEntries(ids.map((id) => [id, members.map((member) => member.series[id])])),
    death: members.map((member) => member.death),
  };
}

function plain(options) {
  return { ...options, times: options.times ? Array.from(options.times) : undefined };
}
