#include "shared/resource/audit/audit_verifier.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/audit/audit_record.h"
#include "shared/resource/audit/dump_line.h"

namespace crm {
namespace {

absl::Status Broken(absl::string_view service, absl::string_view tenant,
                    int64_t n, absl::string_view what) {
  return MakeError(
      absl::StatusCode::kDataLoss, "AUDIT_BROKEN",
      absl::StrCat("The chain of tenant '", tenant, "' in service '", service,
                   "' is broken at record ", n, ": ", what, "."),
      {{"service", std::string(service)},
       {"tenant", std::string(tenant)},
       {"n", absl::StrCat(n)}});
}

}  // namespace

absl::Status AuditVerifier::ReadLine(absl::string_view text) {
  ++lines_;
  const absl::StatusOr<DumpLine> line = ParseDumpLine(text);
  if (!line.ok()) {
    return InvalidArgument(
        "BAD_DUMP_LINE",
        absl::StrCat("Line ", lines_, " is not a record of an audit chain."));
  }
  Chain& chain = chains_[{line->service, line->tenant}];
  const int64_t due = static_cast<int64_t>(chain.hashes.size()) + 1;
  const auto broken = [&](absl::string_view what) {
    return Broken(line->service, line->tenant, due, what);
  };
  if (line->n != due) {
    return broken(absl::StrCat("record ", line->n, " is in its place"));
  }
  if (line->record.empty()) return broken("its entry is not there any more");
  const absl::StatusOr<AuditPlace> place = PlaceOf(line->record);
  if (!place.ok() || *place != AuditPlace{line->tenant, line->n}) {
    return broken("its content is of another place");
  }
  const std::string previous =
      chain.hashes.empty() ? FirstAuditHash() : chain.hashes.back();
  if (AuditHash(previous, line->record) != line->hash) {
    return broken("its content, or its hash, was changed");
  }
  chain.hashes.push_back(line->hash);
  ++records_;
  return absl::OkStatus();
}

bool AuditVerifier::Knows(const Checkpoint& checkpoint) const {
  return chains_.contains({checkpoint.service, checkpoint.tenant});
}

absl::Status AuditVerifier::Check(const Checkpoint& checkpoint,
                                  const KeySet& keys) {
  const auto broken = [&](int64_t n, absl::string_view what) {
    return Broken(checkpoint.service, checkpoint.tenant, n, what);
  };
  const absl::Status genuine = VerifyCheckpoint(checkpoint, keys);
  if (!genuine.ok()) {
    return broken(checkpoint.n,
                  absl::StrCat("the checkpoint of it is not genuine: ",
                               genuine.message()));
  }
  Chain& chain = chains_[{checkpoint.service, checkpoint.tenant}];
  const int64_t last = static_cast<int64_t>(chain.hashes.size());
  if (checkpoint.n > last) {
    return broken(
        last + 1,
        absl::StrCat("it is missing, as a checkpoint has seen record ",
                     checkpoint.n));
  }
  if (checkpoint.n < 1 ||
      chain.hashes[static_cast<size_t>(checkpoint.n - 1)] != checkpoint.hash) {
    return broken(checkpoint.n, "a checkpoint has seen another record there");
  }
  chain.covered = std::max(chain.covered, checkpoint.n);
  return absl::OkStatus();
}

int64_t AuditVerifier::uncovered() const {
  int64_t count = 0;
  for (const auto& [name, chain] : chains_) {
    count += static_cast<int64_t>(chain.hashes.size()) - chain.covered;
  }
  return count;
}

}  // namespace crm
