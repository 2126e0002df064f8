// The classes of sensory fibres and the tissues they end in, in three voices.

export const FIBRES = {
  AB: { lay: "touch fibres", student: "Aβ fibres (touch)", researcher: "Aβ" },
  AD: { lay: "fibres of sharp pain", student: "Aδ fibres (sharp pain, cold)", researcher: "Aδ" },
  PROKR2: { lay: "fibres of the deep sheath", student: "PROKR2 fibres of deep fascia", researcher: "PROKR2" },
  C: { lay: "fibres of dull pain and warmth", student: "C fibres (dull pain, warmth)", researcher: "C" },
};

export const TISSUES = {
  skin: { lay: "skin", student: "skin", researcher: "skin" },
  "superficial fascia": { lay: "loose layer under the skin", student: "superficial fascia", researcher: "superficial fascia" },
  muscle: { lay: "muscle", student: "muscle", researcher: "muscle" },
  "deep fascia": { lay: "deep sheath round muscle and bone", student: "deep fascia", researcher: "deep fascia" },
  peritoneum: { lay: "lining of the belly", student: "peritoneum", researcher: "peritoneum" },
};

export const REGIONS = {
  whole: { lay: "Whole body" }, hind: { lay: "Leg", student: "Hind limb" }, fore: { lay: "Arm", student: "Fore limb" },
  trunk: { lay: "Belly and back", student: "Trunk" }, neck: { lay: "Neck" }, head: { lay: "Head" }, sacrum: { lay: "Sacrum" },
};
