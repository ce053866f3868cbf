#include "services/operational/domain/timeline.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::operational {

TimelineKey KeyOf(const v1::TimelineEntry& entry) {
  return {.micros = absl::ToUnixMicros(FromTimestamp(entry.event_time())),
          .id = entry.entry_id()};
}

std::string FormatKey(const TimelineKey& key) {
  return absl::StrCat(key.micros, "\n", key.id);
}

absl::StatusOr<TimelineKey> ParseKey(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('\n', 1));
  TimelineKey key{.micros = 0, .id = std::string(parts.second)};
  if (key.id.empty() || !absl::SimpleAtoi(parts.first, &key.micros)) {
    return InvalidArgument("PAGE_TOKEN_INVALID",
                           "The page token is not one of a timeline.");
  }
  return key;
}

TimelinePage MergeTimeline(std::vector<TimelinePart> parts, size_t page_size) {
  TimelinePage page;
  for (TimelinePart& part : parts) {
    if (part.reached.has_value() &&
        (!page.next.has_value() || *part.reached > *page.next)) {
      page.next = std::move(part.reached);
    }
    std::ranges::move(part.entries, std::back_inserter(page.entries));
  }
  std::erase_if(page.entries, [&](const v1::TimelineEntry& entry) {
    return page.next.has_value() && KeyOf(entry) < *page.next;
  });
  std::ranges::sort(page.entries, std::ranges::greater(), KeyOf);
  if (page.entries.size() > page_size) {
    page.entries.resize(page_size);
    page.next = KeyOf(page.entries.back());
  }
  return page;
}

}  // namespace crm::operational
