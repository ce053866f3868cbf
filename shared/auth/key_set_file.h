// A key set that follows its file: keys are added and withdrawn by writing it,
// with no restart.

#ifndef CRM_SHARED_AUTH_KEY_SET_FILE_H_
#define CRM_SHARED_AUTH_KEY_SET_FILE_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/key_set.h"
#include "shared/auth/key_source.h"
#include "shared/base/clock.h"
#include "shared/base/file_stamp.h"

namespace crm {

// How often the file is looked at, at most.
inline constexpr absl::Duration kKeySetCheckInterval = absl::Seconds(1);

// Reads the key set again when its file has changed. Write the file under
// another name and rename it, so that nobody reads half of one. Thread-safe.
class KeySetFile final : public KeySource {
 public:
  // Reads `path`. Returns FAILED_PRECONDITION (KEY_FILE_UNREADABLE) if it
  // cannot be read, and what KeySet::Parse returns.
  static absl::StatusOr<std::unique_ptr<KeySetFile>> Open(
      absl::string_view path, const Clock& clock);

  // Returns the keys, at most kKeySetCheckInterval old. A file that has become
  // unreadable or malformed leaves the last good keys in force. Never null; the
  // same set is the same pointer.
  std::shared_ptr<const KeySet> Get() override;

  // Returns why the file as it is now is not in force, or OK if it is.
  absl::Status Problem() const;

 private:
  KeySetFile(absl::string_view path, const Clock& clock);

  // Reads the file if it has changed, and keeps what came of it.
  void Refresh();

  const std::string path_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  absl::Duration next_check_;
  // Nothing while there is no file.
  std::optional<FileStamp> stamp_;
  std::shared_ptr<const KeySet> keys_;
  absl::Status problem_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_KEY_SET_FILE_H_
