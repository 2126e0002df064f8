// Words of the pathway. Parts and connections are named in its table; here stand the kinds of them.

export const GROUPS = {
  sensory: { lay: "feeling nerve", student: "sensory", researcher: "sensory" },
  central: { lay: "brain and cord", student: "central", researcher: "central" },
  vagal: { lay: "vagus (calming nerve)", student: "vagal", researcher: "vagal" },
  sympathetic: { lay: "stress nerve", student: "sympathetic", researcher: "sympathetic" },
  adrenal: { lay: "adrenal gland", student: "adrenal", researcher: "adrenal" },
  blood: { lay: "blood", student: "blood", researcher: "blood" },
  organ: { lay: "organ", student: "organ", researcher: "organ" },
  immune: { lay: "immune system", student: "immune", researcher: "immune" },
};

export const KINDS = {
  ...GROUPS,
  "sympathetic, post-ganglionic": { lay: "stress nerve, last stretch", student: "sympathetic, post-ganglionic", researcher: "sympathetic, post-ganglionic" },
};

/** What a click on something does, by the kind of the lesion. */
export const VERBS = {
  nerve: ["Cut", "Mend"], "peripheral nerve": ["Cut", "Mend"], "spinal cord": ["Cut", "Mend"],
  organ: ["Remove", "Put back"], cells: ["Take away", "Put back"], receptor: ["Block", "Free"],
};

export const DONE = {
  nerve: "cut", "peripheral nerve": "cut", "spinal cord": "cut", organ: "removed", cells: "gone", receptor: "blocked",
};

/** Of a part that stands for several organs, some of which are removed. */
export const PARTLY = "partly removed";

export const STATUS = {
  measured: { lay: "measured", student: "measured", researcher: "measured" },
  fitted: { lay: "set so that the model matches experiments", student: "fitted to findings", researcher: "fitted" },
  assumed: { lay: "assumed: nobody has measured it", student: "assumed", researcher: "assumed" },
};

export const LEVELS = ["C1", "C5", "C8", "T1", "T5", "T9", "T12", "L1", "L4"];

/** Return a part's name in a voice. */
export function named(part, voice) {
  return voice === "lay" ? part.plain : part.label;
}
