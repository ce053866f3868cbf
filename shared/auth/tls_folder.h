// The identity of this process as files, followed as they change.
//
// A folder holds `tls.crt`, `tls.key` and `ca.crt`, the names that Kubernetes
// and cert-manager give. Replace the folder as a whole (a symbolic link to
// another one), so that nobody sees a key beside a foreign certificate.

#ifndef CRM_SHARED_AUTH_TLS_FOLDER_H_
#define CRM_SHARED_AUTH_TLS_FOLDER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/tls_identity.h"
#include "shared/base/clock.h"
#include "shared/base/file_stamp.h"

namespace crm {

// How often the files are looked at, at most.
inline constexpr absl::Duration kTlsCheckInterval = absl::Seconds(1);

// Reads the identity again when a file has changed. Thread-safe.
class TlsFolder {
 public:
  // Is told of each change of the files: OK when it is in force, else why it is
  // not. Called while an identity is asked for; must not ask for one.
  using OnChange = std::function<void(const absl::Status&)>;

  // Reads `folder`. Returns FAILED_PRECONDITION (TLS_FILE_UNREADABLE) for a
  // file that cannot be read, (FILE_NOT_PRIVATE) for a key that everybody may
  // read, and what ParseTlsIdentity returns. `clock` outlives this.
  static absl::StatusOr<std::unique_ptr<TlsFolder>> Open(
      absl::string_view folder, const Clock& clock,
      OnChange on_change = nullptr);

  // Returns the identity, at most kTlsCheckInterval old. Files that do not fit
  // leave the last good identity in force. Never null; the same identity is the
  // same pointer.
  std::shared_ptr<const TlsIdentity> Get();

  // Returns why the files as they are now are not in force, or OK.
  absl::Status Problem() const;

 private:
  using Stamps = std::array<std::optional<FileStamp>, 3>;

  TlsFolder(absl::string_view folder, const Clock& clock);

  Stamps LookAt() const;
  absl::StatusOr<TlsIdentity> Read() const;
  // Reads the files if they have changed, and keeps what came of it.
  void Refresh();

  const std::string folder_;
  const Clock& clock_;
  OnChange on_change_;
  mutable std::mutex mutex_;
  absl::Duration next_check_;
  // Nothing before the first look.
  std::optional<Stamps> stamps_;
  std::shared_ptr<const TlsIdentity> identity_;
  absl::Status problem_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_TLS_FOLDER_H_
