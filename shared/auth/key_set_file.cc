#include "shared/auth/key_set_file.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

absl::Status Unreadable(absl::string_view path) {
  return FailedPrecondition(
      "KEY_FILE_UNREADABLE",
      absl::StrCat("The key set '", path, "' cannot be read."));
}

absl::StatusOr<KeySet> ReadKeySet(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  // One byte more than allowed shows that there is more.
  std::string text(kMaxKeySetBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) return Unreadable(path);
  text.resize(static_cast<size_t>(in.gcount()));
  return KeySet::Parse(text);
}

}  // namespace

KeySetFile::KeySetFile(absl::string_view path, const Clock& clock)
    : path_(path), clock_(clock), next_check_(clock.Monotonic()) {}

absl::StatusOr<std::unique_ptr<KeySetFile>> KeySetFile::Open(
    absl::string_view path, const Clock& clock) {
  std::unique_ptr<KeySetFile> file(new KeySetFile(path, clock));
  file->Get();
  if (!file->problem_.ok()) return file->problem_;
  return file;
}

std::shared_ptr<const KeySet> KeySetFile::Get() {
  const absl::Duration now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  if (now >= next_check_) {
    next_check_ = now + kKeySetCheckInterval;
    Refresh();
  }
  return keys_;
}

absl::Status KeySetFile::Problem() const {
  std::lock_guard lock(mutex_);
  return problem_;
}

void KeySetFile::Refresh() {
  const std::optional<FileStamp> stamp = StampOf(path_);
  if (!stamp.has_value()) {
    stamp_ = stamp;
    problem_ = Unreadable(path_);
    return;
  }
  if (stamp == stamp_) return;
  stamp_ = stamp;
  absl::StatusOr<KeySet> keys = ReadKeySet(path_);
  problem_ = keys.status();
  if (keys.ok()) keys_ = std::make_shared<const KeySet>(*std::move(keys));
}

}  // namespace crm
