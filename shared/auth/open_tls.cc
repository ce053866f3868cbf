#include "shared/auth/open_tls.h"

namespace crm {

void LogCertificateChange(Logger& logger, absl::string_view setting,
                          const absl::Status& status) {
  if (status.ok()) {
    logger.Log(LogLevel::kInfo, "a new certificate is in force",
               {{"setting", setting}});
  } else {
    logger.Log(LogLevel::kError, "the old certificate stays in force",
               {{"setting", setting}, {"error", status.message()}});
  }
}

absl::StatusOr<std::unique_ptr<TlsFolder>> OpenTls(const std::string& folder,
                                                   const Clock& clock,
                                                   Logger& logger) {
  if (folder.empty()) return nullptr;
  return TlsFolder::Open(folder, clock, [&logger](const absl::Status& status) {
    LogCertificateChange(logger, "CRM_TLS_DIR", status);
  });
}

}  // namespace crm
