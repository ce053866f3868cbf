// The identity that a process shows to the others of the suite, as its settings
// and log have it.

#ifndef CRM_SHARED_AUTH_OPEN_TLS_H_
#define CRM_SHARED_AUTH_OPEN_TLS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/tls_folder.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"

namespace crm {

// Opens the identity in `folder`, whose changes are logged, good or bad; null
// if `folder` is empty. `clock` and `logger` outlive it. Returns what
// TlsFolder::Open returns.
absl::StatusOr<std::unique_ptr<TlsFolder>> OpenTls(const std::string& folder,
                                                   const Clock& clock,
                                                   Logger& logger);

// Logs that the files which `setting` names have changed, and whether they are
// in force.
void LogCertificateChange(Logger& logger, absl::string_view setting,
                          const absl::Status& status);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_OPEN_TLS_H_
