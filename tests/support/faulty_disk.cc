#include "tests/support/faulty_disk.h"

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

int64_t BytesIn(const std::string& folder) {
  int64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto size = entry.file_size(error);
    // Shared memory of SQLite lies there as a file, and is not written to disk.
    if (error || absl::EndsWith(entry.path().string(), "-shm")) continue;
    bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace

class FaultyDisk::State {
 public:
  explicit State(const std::string& name) : real_(sqlite3_vfs_find(nullptr)) {
    vfs_.iVersion = 2;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.mxPathname = real_->mxPathname;
    vfs_.zName = name.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = Open;
    vfs_.xDelete = Delete;
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* path, int flags, int* out) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xAccess(real, path, flags, out);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* path, int size,
                            char* out) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xFullPathname(real, path, size, out);
    };
    vfs_.xRandomness = [](sqlite3_vfs* vfs, int size, char* out) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xRandomness(real, size, out);
    };
    vfs_.xSleep = [](sqlite3_vfs* vfs, int microseconds) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xSleep(real, microseconds);
    };
    vfs_.xCurrentTime = [](sqlite3_vfs* vfs, double* time) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xCurrentTime(real, time);
    };
    vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* time) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xCurrentTimeInt64(real, time);
    };
    vfs_.xGetLastError = [](sqlite3_vfs* vfs, int size, char* out) {
      sqlite3_vfs* real = Of(vfs).real_;
      return real->xGetLastError(real, size, out);
    };
    sqlite3_vfs_register(&vfs_, /*makeDflt=*/0);
  }

  ~State() { sqlite3_vfs_unregister(&vfs_); }

  void StartRecording() {
    const std::lock_guard lock(mutex_);
    recording_ = true;
    record_.clear();
  }

  std::vector<DiskOperation> StopRecording() {
    const std::lock_guard lock(mutex_);
    recording_ = false;
    return std::exchange(record_, {});
  }

  void Note(DiskOperation operation) {
    const std::lock_guard lock(mutex_);
    if (recording_) record_.push_back(std::move(operation));
  }

  void WeakenSync() {
    const std::lock_guard lock(mutex_);
    weak_sync_ = true;
  }

  void FailNth(int64_t nth, int64_t count) {
    const std::lock_guard lock(mutex_);
    first_failure_ = nth;
    failure_count_ = count;
    operations_ = 0;
    failures_ = 0;
  }

  int64_t operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }

  int64_t failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

  void SetCapacity(const std::string& folder, int64_t bytes) {
    const std::lock_guard lock(mutex_);
    folder_ = folder;
    capacity_ = bytes;
  }

 private:
  // What SQLite holds of an open file; that of the real disk follows it.
  struct File {
    sqlite3_file base;
    State* disk;
    // Null for files without a name, which no crash leaves behind.
    std::string* name;

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static State& Of(sqlite3_vfs* vfs) {
    return *static_cast<State*>(vfs->pAppData);
  }
  static File& Of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

  // Counts an operation; returns whether it is to fail.
  bool Fails() {
    const std::lock_guard lock(mutex_);
    ++operations_;
    const bool fails = first_failure_ > 0 && operations_ >= first_failure_ &&
                       operations_ < first_failure_ + failure_count_;
    failures_ += fails;
    return fails;
  }

  bool HasRoomFor(File& file, int64_t end) {
    std::string folder;
    int64_t capacity = 0;
    {
      const std::lock_guard lock(mutex_);
      folder = folder_;
      capacity = capacity_;
    }
    if (folder.empty()) return true;
    sqlite3_int64 size = 0;
    file.real()->pMethods->xFileSize(file.real(), &size);
    return end <= size || BytesIn(folder) + (end - size) <= capacity;
  }

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* base,
                  int flags, int* out_flags) {
    State& disk = Of(vfs);
    File& file = Of(base);
    file.base.pMethods = nullptr;
    file.disk = &disk;
    file.name = nullptr;
    if (disk.Fails()) return SQLITE_CANTOPEN;
    const bool is_new = path != nullptr && !fs::exists(path);
    const int code =
        disk.real_->xOpen(disk.real_, path, file.real(), flags, out_flags);
    if (code != SQLITE_OK) return code;
    if (path != nullptr) {
      file.name = new std::string(fs::path(path).filename().string());
      if (is_new) {
        disk.Note({.kind = DiskOperation::Kind::kCreate, .file = *file.name});
      }
    }
    file.base.pMethods = &kMethods;
    return SQLITE_OK;
  }

  static int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    State& disk = Of(vfs);
    if (disk.Fails()) return SQLITE_IOERR_DELETE;
    const int code = disk.real_->xDelete(disk.real_, path, 0);
    if (code != SQLITE_OK) return code;
    const std::string name = fs::path(path).filename().string();
    disk.Note({.kind = DiskOperation::Kind::kDelete, .file = name});
    if (sync_folder != 0) {
      disk.Note({.kind = DiskOperation::Kind::kSync, .file = name});
    }
    return SQLITE_OK;
  }

  static int Close(sqlite3_file* base) {
    File& file = Of(base);
    delete std::exchange(file.name, nullptr);
    return file.real()->pMethods->xClose(file.real());
  }

  static int Read(sqlite3_file* base, void* out, int size,
                  sqlite3_int64 offset) {
    File& file = Of(base);
    if (file.disk->Fails()) return SQLITE_IOERR_READ;
    return file.real()->pMethods->xRead(file.real(), out, size, offset);
  }

  static int Write(sqlite3_file* base, const void* data, int size,
                   sqlite3_int64 offset) {
    File& file = Of(base);
    if (file.disk->Fails()) return SQLITE_IOERR_WRITE;
    if (!file.disk->HasRoomFor(file, offset + size)) return SQLITE_FULL;
    const int code =
        file.real()->pMethods->xWrite(file.real(), data, size, offset);
    if (code == SQLITE_OK && file.name != nullptr) {
      file.disk->Note({.kind = DiskOperation::Kind::kWrite,
                       .file = *file.name,
                       .offset = offset,
                       .data = std::string(static_cast<const char*>(data),
                                           static_cast<size_t>(size))});
    }
    return code;
  }

  static int Truncate(sqlite3_file* base, sqlite3_int64 size) {
    File& file = Of(base);
    if (file.disk->Fails()) return SQLITE_IOERR_TRUNCATE;
    const int code = file.real()->pMethods->xTruncate(file.real(), size);
    if (code == SQLITE_OK && file.name != nullptr) {
      file.disk->Note({.kind = DiskOperation::Kind::kTruncate,
                       .file = *file.name,
                       .value = size});
    }
    return code;
  }

  static int Sync(sqlite3_file* base, int /*flags*/) {
    File& file = Of(base);
    if (file.disk->Fails()) return SQLITE_IOERR_FSYNC;
    if (file.name != nullptr) {
      file.disk->Note({.kind = DiskOperation::Kind::kSync, .file = *file.name});
    }
    return SQLITE_OK;
  }

  static int Control(sqlite3_file* base, int operation, void* argument) {
    File& file = Of(base);
    if (operation == SQLITE_FCNTL_PRAGMA) {
      // {answer, name, value}; the value is read after this returns.
      char** const pragma = static_cast<char**>(argument);
      const std::lock_guard lock(file.disk->mutex_);
      if (file.disk->weak_sync_ && pragma[2] != nullptr &&
          std::strcmp(pragma[1], "synchronous") == 0) {
        std::strcpy(pragma[2], "1");
      }
    }
    return file.real()->pMethods->xFileControl(file.real(), operation,
                                               argument);
  }

  static const sqlite3_io_methods kMethods;

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_ = {};

  mutable std::mutex mutex_;
  bool recording_ = false;
  std::vector<DiskOperation> record_;
  bool weak_sync_ = false;
  int64_t first_failure_ = 0;
  int64_t failure_count_ = 0;
  int64_t operations_ = 0;
  int64_t failures_ = 0;
  std::string folder_;
  int64_t capacity_ = 0;
};

// Version 2: with shared memory for the log's index, without mapped files.
const sqlite3_io_methods FaultyDisk::State::kMethods = {
    .iVersion = 2,
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize =
        [](sqlite3_file* file, sqlite3_int64* size) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xFileSize(real, size);
        },
    .xLock =
        [](sqlite3_file* file, int level) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xLock(real, level);
        },
    .xUnlock =
        [](sqlite3_file* file, int level) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xUnlock(real, level);
        },
    .xCheckReservedLock =
        [](sqlite3_file* file, int* out) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xCheckReservedLock(real, out);
        },
    .xFileControl = Control,
    .xSectorSize =
        [](sqlite3_file* file) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xSectorSize(real);
        },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xDeviceCharacteristics(real);
        },
    .xShmMap =
        [](sqlite3_file* file, int region, int size, int extend,
           void volatile** out) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xShmMap(real, region, size, extend, out);
        },
    .xShmLock =
        [](sqlite3_file* file, int offset, int count, int flags) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xShmLock(real, offset, count, flags);
        },
    .xShmBarrier =
        [](sqlite3_file* file) {
          sqlite3_file* real = Of(file).real();
          real->pMethods->xShmBarrier(real);
        },
    .xShmUnmap =
        [](sqlite3_file* file, int remove) {
          sqlite3_file* real = Of(file).real();
          return real->pMethods->xShmUnmap(real, remove);
        },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

FaultyDisk::FaultyDisk() {
  // SQLite keeps the address of the name.
  name_ = absl::StrCat("faulty-", absl::Hex(reinterpret_cast<uintptr_t>(this)));
  state_ = std::make_unique<State>(name_);
}

FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::StartRecording() { state_->StartRecording(); }
void FaultyDisk::Mark(int64_t value) {
  state_->Note({.kind = DiskOperation::Kind::kMark, .value = value});
}
std::vector<DiskOperation> FaultyDisk::StopRecording() {
  return state_->StopRecording();
}
void FaultyDisk::WeakenSync() { state_->WeakenSync(); }
void FaultyDisk::FailNth(int64_t nth, int64_t count) {
  state_->FailNth(nth, count);
}
int64_t FaultyDisk::operations() const { return state_->operations(); }
int64_t FaultyDisk::failures() const { return state_->failures(); }
void FaultyDisk::SetCapacity(const std::string& folder, int64_t bytes) {
  state_->SetCapacity(folder, bytes);
}

}  // namespace crm::testing
