// The charge check of a stimulus: the same sums as `reflexarc.safety.stimulus`.

/**
 * Return {charge (µC a phase), area (cm² or null), density (µC/cm²), k, band, pulses, minutes, direct (µA)}.
 * stimulus: of a scenario; limits: of the safety table; depth: of the needle in mm where known.
 */
export function check(stimulus, limits, depth = null) {
  const minutes = 60 * stimulus.duration;
  const pulses = Math.round(stimulus.frequency * stimulus.duration * 3600);
  const charge = (stimulus.current * stimulus.width) / 1000;
  const needle = stimulus.mode !== "nerve";
  const bare = Math.min(limits.bare_mm, stimulus.depth ?? depth ?? limits.bare_mm);
  const area = needle ? (Math.PI * limits.needle_mm * bare) / 100 : null;
  const k = area && charge > 0 ? Math.log10((charge * charge) / area) : null;
  return { charge, area, density: area ? charge / area : null, k, band: bandOf(charge, k, limits), pulses, minutes, direct: charge * stimulus.frequency, bare };
}

function bandOf(charge, k, limits) {
  if (!(charge > 0)) return "none";
  if (k === null) return "unknown";
  return k >= limits.damage_k ? "above" : k >= limits.near_k ? "near" : "below";
}
