// A metric that is a part of a whole, while it is being counted.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_COUNTED_PART_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_COUNTED_PART_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "services/analytical/handlers/measured_rows.h"

namespace crm::analytical {

struct CountedPart {
  absl::int128 numerator = 0;
  absl::int128 denominator = 0;
  // How many things were looked at.
  int64_t count = 0;
  // Whether there is any resource to count by. Without, there is no
  // measurement.
  bool known = false;
  Measurement measurement = {};

  // Counts what the resource `source` tells.
  void Add(const std::string& source, absl::int128 part, absl::int128 whole,
           int64_t things) {
    if (whole > 0) AddSource(source, measurement);
    numerator += part;
    denominator += whole;
    count += things;
  }

  // Puts what was counted among the measurements.
  void Set(absl::string_view metric, Measurements& measurements) && {
    if (!known) return;
    measurement.value = MakeQuotient(numerator, denominator);
    measurement.count = count;
    measurements[std::string(metric)] = std::move(measurement);
  }
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_COUNTED_PART_H_
