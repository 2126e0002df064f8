// Words of the safety panel.

export const BANDS = {
  none: { lay: "No current flows.", student: "No current, no charge.", researcher: "No current." },
  below: { lay: "Each pulse is far from the strength at which tissue has been seen to suffer.", student: "Below the band of caution.", researcher: "k below the band of caution." },
  near: { lay: "Each pulse comes near the strength at which tissue has been seen to suffer.", student: "In the band of caution.", researcher: "k in the band of caution." },
  above: { lay: "Each pulse is as strong as those that have been seen to harm tissue.", student: "At or above where damage was seen.", researcher: "k at or above where damage was seen." },
  unknown: { lay: "How much metal touches the nerve isn’t said, so nobody can tell.", student: "Area unknown: no charge density.", researcher: "Electrode area not given; k undefined." },
};

export const GRADES = { contraindication: "not to be done", caution: "ask a physician first", mention: "say so beforehand" };
export const GRADE_ORDER = ["contraindication", "caution", "mention"];
