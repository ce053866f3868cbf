// A customer's slices as a cache holds them: whole and in time, but parsed only
// for who asks for what is in them. Most reads show few of them or none.

#ifndef CRM_SHARED_CACHE_SLICE_ENTRY_H_
#define CRM_SHARED_CACHE_SLICE_ENTRY_H_

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/slice.pb.h"

namespace crm {

// Slices by name, as `IDENTITY`.
using SliceMap = std::map<std::string, internal::v1::SliceEnvelope>;

// One slice. Thread-compatible.
class SliceEntry {
 public:
  // Returns the slice that is stored under `name` as `bytes`, or nothing if
  // `bytes` are not as EncodeSlice() wrote them.
  static std::optional<SliceEntry> Open(std::string&& name,
                                        std::string&& bytes);

  const std::string& name() const { return name_; }
  absl::Time expire_time() const { return expire_time_; }
  // The memory that it has allocated, about.
  size_t allocated() const { return name_.capacity() + bytes_.capacity(); }

  // Returns whether it would give way to `other`, of the same name, in a write.
  bool IsOlderThan(const SliceEntry& other) const;

  // Returns what is in it, or nothing if that does not go with its name and
  // version.
  std::optional<internal::v1::SliceEnvelope> Parse() const;

 private:
  SliceEntry(std::string&& name, std::string&& bytes, absl::Time expire_time)
      : name_(std::move(name)),
        bytes_(std::move(bytes)),
        expire_time_(expire_time) {}

  std::string name_;
  std::string bytes_;
  absl::Time expire_time_;
};

// The slices of one customer, each name once. The suite has four.
using SliceEntries = absl::InlinedVector<SliceEntry, 4>;

// Returns the slice called `name`, or null.
const SliceEntry* FindSlice(const SliceEntries& slices, absl::string_view name);

// Returns the slices that can be parsed.
SliceMap ParseSlices(const SliceEntries& slices);

}  // namespace crm

#endif  // CRM_SHARED_CACHE_SLICE_ENTRY_H_
