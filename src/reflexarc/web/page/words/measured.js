// What is measured, in three voices. An id without an entry shows its name from the model's table.

export default {
  TNF: { lay: "TNF, the first alarm of inflammation", student: "TNF (first alarm cytokine)", researcher: "TNF, plasma" },
  IL6: { lay: "IL-6, the second alarm", student: "IL-6 (second alarm cytokine)", researcher: "IL-6, plasma" },
  IL1b: { lay: "IL-1, which brings fever", student: "IL-1β (fever cytokine)", researcher: "IL-1β, plasma" },
  IL10: { lay: "IL-10, which calms inflammation", student: "IL-10 (calming cytokine)", researcher: "IL-10, plasma" },
  HMGB1: { lay: "HMGB1, a late alarm", student: "HMGB1 (late alarm)", researcher: "HMGB1, plasma" },
  NO: { lay: "Nitric oxide, which widens vessels", student: "Nitric oxide products", researcher: "NO products, plasma" },
  DA: { lay: "Dopamine in the blood", student: "Dopamine, from the adrenal medulla", researcher: "Dopamine, plasma" },
  NA: { lay: "Noradrenaline in the blood", student: "Noradrenaline, from nerves and adrenal", researcher: "Noradrenaline, plasma" },
  A: { lay: "Adrenaline in the blood", student: "Adrenaline, from the adrenal medulla", researcher: "Adrenaline, plasma" },
  ACTH: { lay: "ACTH, the brain's stress signal", student: "ACTH, from the pituitary", researcher: "ACTH, plasma" },
  CORT: { lay: "Corticosterone, the mouse's stress hormone", student: "Corticosterone (stress hormone)", researcher: "Corticosterone, plasma" },
  LPS_blood: { lay: "Bacterial poison in the blood", student: "LPS (endotoxin) in blood", researcher: "LPS, blood" },
  temperature: { lay: "Body temperature", student: "Core temperature", researcher: "Core temperature" },
  damage: { lay: "Damage to organs", student: "Tissue damage", researcher: "Tissue damage, share" },
  splenic_nerve: { lay: "Signals in the nerve to the spleen", student: "Splenic nerve activity", researcher: "Splenic nerve activity" },
  splanchnic_adrenal: { lay: "Signals in the nerve to the adrenal gland", student: "Adrenal nerve activity", researcher: "Splanchnic (adrenal) nerve activity" },
  splanchnic_nerve: { lay: "Signals in the nerve to the belly's organs", student: "Splanchnic nerve activity", researcher: "Splanchnic nerve activity" },
  DMV: { lay: "The brain nucleus that starts the vagus", student: "DMV, where the vagus starts", researcher: "DMV activity" },
  NTS: { lay: "The brain nucleus that receives", student: "NTS, the receiving nucleus", researcher: "NTS activity, somatic part" },
  cNST: { lay: "The brain's brake on inflammation", student: "Caudal NTS, inflammatory part", researcher: "cNST activity" },
  NA_spleen: { lay: "Noradrenaline inside the spleen", student: "Noradrenaline at splenic nerve endings", researcher: "Junctional noradrenaline, spleen" },
  survival: { lay: "How many live", student: "Survival", researcher: "Survival" },
};

/** Which curves stand first; what a table doesn't hold is passed over, what it adds follows. */
export const FIRST = ["TNF", "IL6", "IL10", "DA", "NA", "A", "CORT", "temperature"];
