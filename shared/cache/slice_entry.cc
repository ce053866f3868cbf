#include "shared/cache/slice_entry.h"

#include <algorithm>

#include "shared/cache/slice_codec.h"

namespace crm {

std::optional<SliceEntry> SliceEntry::Open(std::string&& name,
                                           std::string&& bytes) {
  const std::optional<absl::Time> expire_time = CheckSlice(bytes);
  if (!expire_time.has_value()) return std::nullopt;
  return SliceEntry(std::move(name), std::move(bytes), *expire_time);
}

bool SliceEntry::IsOlderThan(const SliceEntry& other) const {
  return SliceRank(bytes_) < SliceRank(other.bytes_);
}

std::optional<internal::v1::SliceEnvelope> SliceEntry::Parse() const {
  return ParseSlice(name_, bytes_);
}

const SliceEntry* FindSlice(const SliceEntries& slices,
                            absl::string_view name) {
  const auto found = std::find_if(
      slices.begin(), slices.end(),
      [&](const SliceEntry& slice) { return slice.name() == name; });
  return found == slices.end() ? nullptr : &*found;
}

SliceMap ParseSlices(const SliceEntries& slices) {
  SliceMap parsed;
  for (const SliceEntry& slice : slices) {
    std::optional<internal::v1::SliceEnvelope> envelope = slice.Parse();
    if (envelope.has_value()) {
      parsed.emplace(slice.name(), *std::move(envelope));
    }
  }
  return parsed;
}

}  // namespace crm
