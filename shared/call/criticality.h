// How much a call matters when not all of them can be served. Travels as
// metadata `crm-criticality`, from the caller down to every service it reaches.

#ifndef CRM_SHARED_CALL_CRITICALITY_H_
#define CRM_SHARED_CALL_CRITICALITY_H_

#include "absl/strings/string_view.h"

namespace crm {

inline constexpr char kCriticalityMetadata[] = "crm-criticality";

// From what is dropped first to what is dropped last.
enum class Criticality {
  // Work that somebody will do again: a rebuild, an export.
  kSheddable,
  // Work that nobody waits for: a batch, an import.
  kSheddablePlus,
  // Somebody waits for it. The default.
  kCritical,
  // Must not fail: consent, erasure.
  kCriticalPlus,
};
inline constexpr int kCriticalityCount = 4;

// Returns the class that `text` names, as `SHEDDABLE_PLUS`. Text that names
// none, as no text, asks for nothing special: kCritical.
Criticality ParseCriticality(absl::string_view text);

// Returns the name, as `SHEDDABLE_PLUS`.
absl::string_view CriticalityName(Criticality criticality);

}  // namespace crm

#endif  // CRM_SHARED_CALL_CRITICALITY_H_
