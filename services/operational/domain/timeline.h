// The order of a timeline, and how its pages are put together from several
// tables.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_TIMELINE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_TIMELINE_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/timeline.pb.h"

namespace crm::operational {

// Where an entry stands: neither part of it ever changes. The greatest comes
// first.
struct TimelineKey {
  int64_t micros = 0;
  std::string id;

  friend auto operator<=>(const TimelineKey&, const TimelineKey&) = default;
};

TimelineKey KeyOf(const v1::TimelineEntry& entry);

// Converts between a key and its text in page tokens. Returns INVALID_ARGUMENT
// (PAGE_TOKEN_INVALID) for text that FormatKey() does not return.
std::string FormatKey(const TimelineKey& key);
absl::StatusOr<TimelineKey> ParseKey(absl::string_view text);

// What one table has for a page, in the order of the timeline.
struct TimelinePart {
  std::vector<v1::TimelineEntry> entries;
  // The last row that was looked at, if there may be more after it.
  std::optional<TimelineKey> reached;
};

// A page, and the key that the next one goes on after; none on the last page.
struct TimelinePage {
  std::vector<v1::TimelineEntry> entries;
  std::optional<TimelineKey> next;
};

// Returns the next `page_size` entries of all parts. It has none that stand
// after the row that some part has reached, as that part may have others in
// between: so the page may be shorter, and none is left out.
TimelinePage MergeTimeline(std::vector<TimelinePart> parts, size_t page_size);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_TIMELINE_H_
