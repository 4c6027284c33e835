/**
 * Draws durations. Integer arithmetic on tables only: Math.log and Math.exp differ between engines in the last bit.
 */
import type { Distribution } from './config.ts';
import type { Micros } from './protocol.ts';
import { derive, scale } from './random.ts';

/** Tables hold 256 equal steps of probability, in 1/65536 of the unit; between two entries the quantile is a straight line. */
const STEPS = 256;
const UNIT = 65536;

/** Maps 32 random bits to a duration. Equal bits give equal durations. */
export function sample(distribution: Distribution, bits: number): Micros {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'uniform':
      return distribution.min + scale(bits, distribution.max - distribution.min + 1);
    case 'exponential':
      return distribution.min + Math.floor((distribution.mean * quantile(EXPONENTIAL, bits)) / UNIT);
    case 'log-normal':
      return Math.floor((distribution.median * quantile(LOG_NORMAL, bits)) / UNIT);
    case 'bimodal': {
      const { min, max, slowMax, slowPpm } = distribution;
      const place = derive(bits, 1);
      if (scale(bits, 1_000_000) < slowPpm) return max + scale(place, slowMax - max + 1);
      return min + scale(place, max - min + 1);
    }
  }
}

/** The longest duration that can be drawn. */
export function longest(distribution: Distribution): Micros {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'uniform':
      return distribution.max;
    case 'exponential':
      return distribution.min + Math.ceil((distribution.mean * lastOf(EXPONENTIAL)) / UNIT);
    case 'log-normal':
      return Math.ceil((distribution.median * lastOf(LOG_NORMAL)) / UNIT);
    case 'bimodal':
      return distribution.slowMax;
  }
}

const lastOf = (table: readonly number[]): number => table[STEPS] as number;

function quantile(table: readonly number[], bits: number): number {
  const position = scale(bits, STEPS * UNIT);
  const step = Math.floor(position / UNIT);
  const low = table[step] as number;
  const high = table[step + 1] as number;
  return low + Math.floor(((high - low) * (position - step * UNIT)) / UNIT);
}

/** Quantiles of the exponential distribution of mean 1; the last is cut at probability 1 - 2^-16. */
// biome-ignore format: a table
const EXPONENTIAL: readonly number[] = [
  0, 257, 514, 773, 1032, 1293, 1554, 1817, 2081, 2345, 2611, 2878, 3146, 3415, 3686, 3957, 4230, 4503, 4778, 5054,
  5331, 5609, 5889, 6169, 6451, 6734, 7019, 7304, 7591, 7879, 8169, 8459, 8751, 9044, 9339, 9635, 9932, 10231, 10530,
  10832, 11135, 11439, 11744, 12051, 12360, 12669, 12981, 13294, 13608, 13924, 14241, 14560, 14880, 15202, 15526,
  15851, 16178, 16507, 16837, 17169, 17502, 17837, 18174, 18513, 18854, 19196, 19540, 19886, 20233, 20583, 20934,
  21288, 21643, 22000, 22359, 22720, 23083, 23448, 23815, 24185, 24556, 24929, 25305, 25683, 26063, 26445, 26829,
  27216, 27605, 27996, 28390, 28786, 29184, 29585, 29988, 30394, 30802, 31213, 31627, 32043, 32461, 32883, 33307,
  33734, 34164, 34596, 35032, 35470, 35911, 36356, 36803, 37254, 37707, 38164, 38624, 39087, 39553, 40023, 40496,
  40973, 41453, 41937, 42424, 42915, 43409, 43908, 44410, 44916, 45426, 45940, 46458, 46980, 47507, 48037, 48572,
  49112, 49656, 50204, 50757, 51315, 51877, 52445, 53017, 53595, 54177, 54765, 55358, 55957, 56561, 57170, 57786,
  58407, 59034, 59667, 60307, 60952, 61604, 62263, 62928, 63600, 64280, 64966, 65659, 66360, 67069, 67785, 68509,
  69241, 69982, 70731, 71489, 72255, 73031, 73816, 74610, 75414, 76228, 77053, 77887, 78733, 79590, 80458, 81338,
  82229, 83133, 84050, 84979, 85922, 86879, 87850, 88836, 89836, 90852, 91884, 92933, 93999, 95082, 96183, 97304,
  98443, 99603, 100784, 101987, 103212, 104460, 105733, 107030, 108354, 109706, 111085, 112495, 113935, 115408,
  116915, 118457, 120036, 121654, 123314, 125016, 126764, 128559, 130405, 132305, 134262, 136278, 138359, 140508,
  142730, 145029, 147413, 149886, 152457, 155132, 157921, 160834, 163883, 167080, 170442, 173985, 177731, 181704,
  185934, 190455, 195312, 200558, 206260, 212507, 219411, 227130, 235882, 245984, 257933, 272557, 291410, 317983,
  363409, 726817,
];

/** Quantiles of the log-normal distribution with median 1 and sigma 0.5; both ends cut at probability 2^-16. */
// biome-ignore format: a table
const LOG_NORMAL: readonly number[] = [
  8148, 17332, 19567, 21104, 22324, 23356, 24261, 25076, 25822, 26513, 27161, 27771, 28350, 28903, 29432, 29942,
  30433, 30909, 31370, 31819, 32256, 32682, 33099, 33507, 33906, 34298, 34683, 35062, 35434, 35801, 36162, 36519,
  36871, 37219, 37562, 37902, 38238, 38571, 38901, 39228, 39552, 39873, 40191, 40508, 40821, 41133, 41443, 41751,
  42057, 42361, 42664, 42965, 43265, 43563, 43860, 44156, 44451, 44745, 45037, 45329, 45620, 45910, 46199, 46487,
  46775, 47062, 47349, 47635, 47921, 48206, 48491, 48775, 49059, 49343, 49627, 49911, 50194, 50477, 50760, 51044,
  51327, 51610, 51893, 52177, 52460, 52744, 53028, 53312, 53596, 53881, 54166, 54451, 54737, 55023, 55309, 55597,
  55884, 56172, 56461, 56750, 57040, 57331, 57622, 57914, 58207, 58500, 58794, 59090, 59385, 59682, 59980, 60279,
  60579, 60880, 61181, 61484, 61788, 62094, 62400, 62707, 63016, 63326, 63638, 63951, 64265, 64580, 64897, 65216,
  65536, 65858, 66181, 66506, 66832, 67161, 67491, 67823, 68156, 68492, 68830, 69169, 69511, 69855, 70201, 70549,
  70899, 71251, 71606, 71964, 72324, 72686, 73051, 73418, 73788, 74161, 74537, 74916, 75297, 75682, 76070, 76461,
  76855, 77252, 77653, 78058, 78466, 78878, 79293, 79713, 80136, 80563, 80995, 81431, 81871, 82316, 82766, 83220,
  83679, 84143, 84613, 85087, 85567, 86053, 86545, 87042, 87546, 88056, 88573, 89096, 89626, 90164, 90709, 91261,
  91821, 92390, 92967, 93552, 94147, 94751, 95365, 95988, 96622, 97267, 97923, 98591, 99271, 99964, 100669, 101389,
  102122, 102871, 103635, 104416, 105213, 106029, 106863, 107717, 108592, 109488, 110408, 111351, 112321, 113317,
  114342, 115398, 116486, 117609, 118769, 119969, 121211, 122498, 123835, 125225, 126673, 128183, 129762, 131416,
  133153, 134981, 136911, 138955, 141127, 143444, 145927, 148601, 151498, 154658, 158133, 161992, 166329, 171276,
  177029, 183895, 192392, 203510, 219506, 247803, 527097,
];
