// What a disk holds after the power went, from the record of a FaultyDisk.

#ifndef CRM_TESTS_SUPPORT_POWER_CUT_H_
#define CRM_TESTS_SUPPORT_POWER_CUT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/faulty_disk.h"

namespace crm::testing {

// Files by name.
using DiskImage = std::map<std::string, std::string>;

// What becomes of writes and truncations that were not synced. What was synced
// is kept in all cases; a sector of 512 bytes is written whole or not at all.
enum class PowerLoss {
  kDropped,   // none reached the disk
  kKept,      // all did
  kSome,      // each did or did not
  kTorn,      // each sector of each did or did not
  kShuffled,  // some did, in another order
};
inline constexpr int kPowerLosses = 5;

// Walks along a record and cuts the power where it stands. Thread-compatible.
class PowerCut final {
 public:
  // The disk held `files`, all synced, before the first of `record`.
  explicit PowerCut(std::vector<DiskOperation> record, DiskImage files = {});

  // How many operations the record has.
  size_t size() const { return record_.size(); }

  // Goes on until `count` operations have happened; never back.
  void AdvanceTo(size_t count);

  // The marks passed so far.
  const std::set<int64_t>& marks() const { return marks_; }

  // Returns what is left on the disk if the power goes now.
  DiskImage Image(PowerLoss loss, std::mt19937_64& random) const;

 private:
  using Pending = std::vector<const DiskOperation*>;

  struct File {
    std::string synced;
    // Whether the name survives, or may not yet.
    bool exists = false;
    // What was not synced; a deletion is the last.
    Pending pending;
  };

  // Returns where the operations on the newest file of a name begin: after its
  // making, or at the begin if it was there before.
  static Pending::const_iterator BeginOfNewest(const Pending& pending);

  // Makes durable what is pending.
  static void Settle(File& file);
  void Take(const DiskOperation& operation);

  const std::vector<DiskOperation> record_;
  size_t position_ = 0;
  std::map<std::string, File> files_;
  std::set<int64_t> marks_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POWER_CUT_H_
