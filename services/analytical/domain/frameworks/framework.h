// What a model of CRM asks about, as data: dimensions, how much each counts, by
// what metrics it is scored, and how dimensions work on each other. The tables
// stand in a file for each framework; the engine (scorecard.h) knows none of
// them.
//
// Everything here is constant, and its text lives as long as the program.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_FRAMEWORK_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_FRAMEWORK_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace crm::analytical {

using Words = absl::Span<const absl::string_view>;

// Weights are in millionths, and sum to 1000000 within what they are parts of.
// So are values: 1000000 is 1.

// What a dimension is scored by.
struct Criterion {
  // One of Metrics() in metrics.h.
  absl::string_view metric;
  int32_t weight = 0;
  // The values that score 0 and all. `best` is less than `worst` where less is
  // better.
  int64_t worst = 0;
  int64_t best = 0;
  // The value to reach, between these.
  int64_t standard = 0;
  // The function of the business that answers for it.
  absl::string_view function;
};

struct Dimension {
  absl::string_view id;
  absl::string_view display_name;
  Words aliases = {};
  // kPrimary or kSupport in a value chain.
  absl::string_view part = {};
  int32_t weight = 0;
  // The functions of the business that feed it, two at least.
  Words functions;
  absl::Span<const Criterion> criteria;
  // The metric whose months tell how strongly edges hold; may be empty.
  absl::string_view series = {};
};

inline constexpr absl::string_view kPrimary = "PRIMARY";
inline constexpr absl::string_view kSupport = "SUPPORT";

// That one dimension works on another.
struct Edge {
  absl::string_view from;
  absl::string_view to;
  // Whether it leads back.
  bool feedback = false;
};

// That a dimension is much the same as one of another framework.
struct Mapping {
  absl::string_view dimension;
  absl::string_view other_framework;
  absl::string_view other_dimension;
};

struct FrameworkData {
  absl::string_view id;
  absl::string_view display_name;
  Words aliases = {};
  // Raised whenever scores may come out differently.
  int32_t version = 1;
  // How many days before the instant of a scorecard count.
  int32_t period_days = 365;
  // In the order in which they are shown, which need not be one of time.
  absl::Span<const Dimension> dimensions;
  absl::Span<const Edge> edges = {};
  absl::Span<const Mapping> mappings = {};
};

extern const FrameworkData kIdic;
extern const FrameworkData kQci;
extern const FrameworkData kStrategicValueChain;
extern const FrameworkData kFunctionalValueChain;
extern const FrameworkData kPayneFrow;

// Whether any dimension of the framework is scored by `metric`.
bool Asks(const FrameworkData& framework, absl::string_view metric);

// Returns all frameworks, by id.
absl::Span<const FrameworkData* const> Frameworks();

// Returns the framework of that id, or null.
const FrameworkData* FindFramework(absl::string_view id);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_FRAMEWORK_H_
