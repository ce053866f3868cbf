#include "shared/auth/tls_folder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr std::array<const char*, 3> kFiles = {"tls.crt", "tls.key", "ca.crt"};
constexpr size_t kMaxFileBytes = 256 << 10;

}  // namespace

TlsFolder::TlsFolder(absl::string_view folder, const Clock& clock)
    : folder_(folder), clock_(clock), next_check_(clock.Monotonic()) {}

absl::StatusOr<std::unique_ptr<TlsFolder>> TlsFolder::Open(
    absl::string_view folder, const Clock& clock, OnChange on_change) {
  std::unique_ptr<TlsFolder> files(new TlsFolder(folder, clock));
  files->Get();
  if (!files->problem_.ok()) return files->problem_;
  files->on_change_ = std::move(on_change);
  return files;
}

std::shared_ptr<const TlsIdentity> TlsFolder::Get() {
  const absl::Duration now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  if (now >= next_check_) {
    next_check_ = now + kTlsCheckInterval;
    Refresh();
  }
  return identity_;
}

absl::Status TlsFolder::Problem() const {
  std::lock_guard lock(mutex_);
  return problem_;
}

TlsFolder::Stamps TlsFolder::LookAt() const {
  Stamps stamps;
  for (size_t i = 0; i < kFiles.size(); ++i) {
    stamps[i] = StampOf(absl::StrCat(folder_, "/", kFiles[i]));
  }
  return stamps;
}

absl::StatusOr<TlsIdentity> TlsFolder::Read() const {
  std::array<std::string, kFiles.size()> texts;
  for (size_t i = 0; i < kFiles.size(); ++i) {
    const std::string path = absl::StrCat(folder_, "/", kFiles[i]);
    absl::StatusOr<std::string> text = absl::string_view(kFiles[i]) == "tls.key"
                                           ? ReadSecretFile(path, kMaxFileBytes)
                                           : ReadWholeFile(path, kMaxFileBytes);
    if (!text.ok()) return text.status();
    texts[i] = *std::move(text);
  }
  return ParseTlsIdentity(texts[0], texts[1], texts[2], clock_.Now());
}

void TlsFolder::Refresh() {
  // Looked at before it is read: a change in between is seen the next time.
  const Stamps stamps = LookAt();
  if (stamps == stamps_) return;
  stamps_ = stamps;
  absl::StatusOr<TlsIdentity> identity = Read();
  problem_ = identity.status();
  if (identity.ok()) {
    identity_ = std::make_shared<const TlsIdentity>(*std::move(identity));
  }
  if (on_change_) on_change_(problem_);
}

}  // namespace crm
