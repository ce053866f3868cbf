#include "tests/support/power_cut.h"

#include <algorithm>
#include <utility>

namespace crm::testing {
namespace {

using Kind = DiskOperation::Kind;

constexpr size_t kSectorBytes = 512;

void WriteAt(std::string& bytes, size_t offset, const char* data, size_t size) {
  if (bytes.size() < offset + size) bytes.resize(offset + size);
  std::copy_n(data, size, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

void Apply(const DiskOperation& operation, std::string& bytes) {
  if (operation.kind == Kind::kTruncate) {
    bytes.resize(static_cast<size_t>(operation.value));
  } else if (operation.kind == Kind::kWrite) {
    WriteAt(bytes, static_cast<size_t>(operation.offset), operation.data.data(),
            operation.data.size());
  }
}

// Applies those sectors of a write that `keeps` lets through.
template <typename Keeps>
void ApplySectors(const DiskOperation& write, std::string& bytes, Keeps keeps) {
  const auto begin = static_cast<size_t>(write.offset);
  const size_t end = begin + write.data.size();
  for (size_t from = begin; from < end;) {
    const size_t to = std::min(end, (from / kSectorBytes + 1) * kSectorBytes);
    if (keeps()) {
      WriteAt(bytes, from, write.data.data() + (from - begin), to - from);
    }
    from = to;
  }
}

}  // namespace

PowerCut::PowerCut(std::vector<DiskOperation> record, DiskImage files)
    : record_(std::move(record)) {
  for (auto& [name, bytes] : files) {
    files_[name] = {.synced = std::move(bytes), .exists = true, .pending = {}};
  }
}

void PowerCut::AdvanceTo(size_t count) {
  for (; position_ < std::min(count, record_.size()); ++position_) {
    Take(record_[position_]);
  }
}

void PowerCut::Take(const DiskOperation& operation) {
  if (operation.kind == Kind::kMark) {
    marks_.insert(operation.value);
    return;
  }
  File& file = files_[operation.file];
  if (operation.kind != Kind::kSync) {
    file.pending.push_back(&operation);
    return;
  }
  const bool is_new = BeginOfNewest(file.pending) != file.pending.begin();
  Settle(file);
  if (!is_new) return;
  // SQLite syncs the folder with the first sync of a new file, and with that
  // the files that are gone.
  for (auto& [name, other] : files_) {
    if (!other.pending.empty() && other.pending.back()->kind == Kind::kDelete) {
      Settle(other);
    }
  }
}

void PowerCut::Settle(File& file) {
  for (const DiskOperation* pending : file.pending) {
    if (pending->kind == Kind::kDelete || pending->kind == Kind::kCreate) {
      file.synced.clear();
    }
    file.exists = pending->kind != Kind::kDelete;
    Apply(*pending, file.synced);
  }
  file.pending.clear();
}

PowerCut::Pending::const_iterator PowerCut::BeginOfNewest(
    const Pending& pending) {
  const auto created = std::find_if(
      pending.rbegin(), pending.rend(),
      [](const auto* operation) { return operation->kind == Kind::kCreate; });
  return created.base();
}

DiskImage PowerCut::Image(PowerLoss loss, std::mt19937_64& random) const {
  const auto coin = [&random] { return (random() & 1) != 0; };
  DiskImage image;
  for (const auto& [name, file] : files_) {
    std::string bytes = file.synced;
    bool exists = file.exists;
    Pending pending = file.pending;
    if (loss == PowerLoss::kDropped) pending.clear();
    // A file that was made anew is another file: the old one is there with what
    // was written to it, or the new one.
    if (const auto begin = BeginOfNewest(pending); begin != pending.begin()) {
      if (loss == PowerLoss::kKept || coin()) {
        bytes.clear();
        exists = true;
        pending.erase(pending.cbegin(), begin);
      } else {
        pending.erase(begin - 1, pending.cend());
      }
    }
    if (loss == PowerLoss::kShuffled) {
      std::shuffle(pending.begin(), pending.end(), random);
    }
    for (const DiskOperation* operation : pending) {
      const bool torn =
          loss == PowerLoss::kTorn && operation->kind == Kind::kWrite;
      if (loss != PowerLoss::kKept && !torn && !coin()) continue;
      if (operation->kind == Kind::kDelete) {
        exists = false;
      } else if (torn) {
        ApplySectors(*operation, bytes, coin);
      } else {
        Apply(*operation, bytes);
      }
    }
    if (exists) image[name] = std::move(bytes);
  }
  return image;
}

}  // namespace crm::testing
