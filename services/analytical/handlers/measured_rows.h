// How metrics are measured over resources of this service.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_MEASURED_ROWS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_MEASURED_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/resource/read_view.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {

// As many rows of a type are looked at.
inline constexpr int64_t kMostMeasuredRows = 20'000;
// An evidence names as many sources.
inline constexpr size_t kMostSources = 20;

// Visits all rows of a T, `field` of which is told. Returns PERMISSION_DENIED
// (FIELD_HIDDEN) if the caller's roles hide it, and the errors of ScanRows().
template <typename T, typename Visit>
absl::Status ScanMeasured(const ReadView& view, const CallContext& call,
                          absl::string_view field, Visit visit) {
  const Resource& resource = *view.catalog().Find(T::descriptor());
  CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  return ScanRows(view, call, resource, kMostMeasuredRows,
                  [&](const google::protobuf::Message& row) {
                    return visit(static_cast<const T&>(row));
                  });
}

// Whether a resource was there at an instant.
template <typename T>
bool IsDeclared(const T& resource, absl::Time instant) {
  return FromTimestamp(resource.create_time()) <= instant;
}

// Names a resource among the sources, if there is room for it.
inline void AddSource(const std::string& name, Measurement& measurement) {
  if (measurement.sources.size() < kMostSources) {
    measurement.sources.push_back(name);
  }
}

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_MEASURED_ROWS_H_
