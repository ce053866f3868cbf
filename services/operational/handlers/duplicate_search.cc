#include "services/operational/handlers/duplicate_search.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "services/operational/domain/duplicate_rule.h"
#include "services/operational/handlers/duplicate_candidate.h"
#include "services/operational/handlers/duplicate_index.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

// A step ends after so many pairs or matches.
constexpr int64_t kPairsOfStep = 5'000;
constexpr size_t kMatchesOfStep = 500;
// How many blocks are asked for at once.
constexpr int64_t kBlocks = 50;
constexpr absl::Duration kWait = absl::Seconds(1);

// Where the search stands, and what it has found.
struct Position {
  int64_t compared = 0;
  int64_t matches = 0;
  int64_t candidates = 0;
  int64_t skipped = 0;
  int64_t blocks = 0;
  // The last block that was begun, and the last resource of it that was
  // compared with all after it; empty if that block is done.
  std::string block;
  std::string name;
};

std::string Written(const Position& position) {
  return absl::StrCat(position.compared, "\n", position.matches, "\n",
                      position.candidates, "\n", position.skipped, "\n",
                      position.blocks, "\n", position.block, "\n",
                      position.name);
}

absl::StatusOr<Position> ReadPosition(const std::string& checkpoint) {
  Position position;
  if (checkpoint.empty()) return position;
  const std::vector<std::string> parts = absl::StrSplit(checkpoint, '\n');
  if (parts.size() != 7 || !absl::SimpleAtoi(parts[0], &position.compared) ||
      !absl::SimpleAtoi(parts[1], &position.matches) ||
      !absl::SimpleAtoi(parts[2], &position.candidates) ||
      !absl::SimpleAtoi(parts[3], &position.skipped) ||
      !absl::SimpleAtoi(parts[4], &position.blocks)) {
    return Internal("ROW_UNREADABLE", "A checkpoint could not be read.");
  }
  position.block = parts[5];
  position.name = parts[6];
  return position;
}

// What one step reads.
struct Findings {
  Position position;
  int64_t total = 0;
  bool waits = false;
  bool finished = false;
  std::vector<v1::DuplicateCandidate> candidates;
};

// The reading half of one step.
class Search {
 public:
  // All outlive it.
  Search(const ReadView& view, const v1::DuplicateRule& rule,
         const Resource& type, Findings& findings)
      : view_(view), rule_(rule), type_(type), findings_(findings) {}

  absl::Status Run() {
    Position& at = findings_.position;
    if (!at.name.empty()) {
      CRM_RETURN_IF_ERROR(CompareBlock());
    }
    while (!IsFull()) {
      CRM_ASSIGN_OR_RETURN(const std::vector<std::string> blocks,
                           SharedBlocksAfter(view_.reader(), view_.tenant(),
                                             rule_, at.block, kBlocks));
      if (blocks.empty()) {
        findings_.finished = true;
        return absl::OkStatus();
      }
      for (const std::string& block : blocks) {
        at.block = block;
        CRM_RETURN_IF_ERROR(CompareBlock());
        if (IsFull()) break;
      }
    }
    return absl::OkStatus();
  }

 private:
  bool IsFull() const {
    return pairs_ >= kPairsOfStep ||
           findings_.candidates.size() >= kMatchesOfStep ||
           !findings_.position.name.empty();
  }

  // Compares what is left of the block at the position, until the step is full.
  absl::Status CompareBlock() {
    Position& at = findings_.position;
    CRM_ASSIGN_OR_RETURN(const auto resources,
                         ResourcesInBlock(view_, rule_, type_, at.block));
    std::vector<MatchRecord> records;
    if (static_cast<int64_t>(resources.size()) > kMaxDuplicateBlock) {
      ++at.skipped;
    } else {
      for (const auto& resource : resources) {
        if (!IsMatchable(*resource)) continue;
        records.push_back(MatchRecordOf(rule_, *resource));
      }
    }
    const std::string done = std::exchange(at.name, "");
    for (size_t i = 0; i < records.size(); ++i) {
      if (records[i].name <= done) continue;
      for (size_t j = i + 1; j < records.size(); ++j) {
        Compare(records[i], records[j]);
      }
      if (IsFull() && i + 1 < records.size()) {
        at.name = records[i].name;
        return absl::OkStatus();
      }
    }
    ++at.blocks;
    return absl::OkStatus();
  }

  void Compare(const MatchRecord& a, const MatchRecord& b) {
    ++pairs_;
    ++findings_.position.compared;
    const DuplicateScore score = ScorePair(rule_, a, b);
    if (score.verdict != DuplicateVerdict::kMatch) return;
    ++findings_.position.matches;
    findings_.candidates.push_back(CandidateOf(rule_, a, b, score));
  }

  const ReadView& view_;
  const v1::DuplicateRule& rule_;
  const Resource& type_;
  Findings& findings_;
  int64_t pairs_ = 0;
};

absl::Status Find(const OperationStep& step, const std::string& name,
                  SqlReader& reader, Findings& findings) {
  const ReadView view(reader, step.kernel.catalog, step.call.principal.tenant);
  CRM_ASSIGN_OR_RETURN(const auto rule, view.GetLive<v1::DuplicateRule>(name));
  if (rule.state() != v1::DuplicateRule::ACTIVE) {
    return FailedPrecondition(
        "RULE_NOT_ACTIVE",
        absl::StrCat("Duplicate rule '", name,
                     "' is not in use; activate it first."),
        name);
  }
  findings.waits = !rule.has_index_time();
  if (findings.waits) return absl::OkStatus();
  const Resource* type = step.kernel.catalog.FindByType(rule.resource_type());
  if (type == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "The type of the rule is unknown.");
  }
  if (step.progress.checkpoint.empty()) {
    CRM_ASSIGN_OR_RETURN(findings.total,
                         CountSharedBlocks(reader, view.tenant(), rule));
  }
  return Search(view, rule, *type, findings).Run();
}

std::unique_ptr<v1::FindDuplicatesResult> ResultOf(const Position& position) {
  auto result = std::make_unique<v1::FindDuplicatesResult>();
  result->set_compared_count(position.compared);
  result->set_match_count(position.matches);
  result->set_candidate_count(position.candidates);
  result->set_skipped_key_count(position.skipped);
  return result;
}

}  // namespace

absl::StatusOr<StepCommit> FindDuplicatesStep(
    const OperationStep& step, const v1::FindDuplicatesRequest& request) {
  Findings findings;
  CRM_ASSIGN_OR_RETURN(findings.position,
                       ReadPosition(step.progress.checkpoint));
  findings.total = step.progress.total_count;
  CRM_RETURN_IF_ERROR(
      step.kernel.database.Read(step.call.deadline, [&](SqlReader& reader) {
        return Find(step, request.name(), reader, findings);
      }));
  return [findings = std::move(findings), progress = step.progress](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    StepResult result;
    if (findings.waits) {
      result.progress = progress;
      result.wait = kWait;
      return result;
    }
    Position position = findings.position;
    for (const v1::DuplicateCandidate& candidate : findings.candidates) {
      CRM_ASSIGN_OR_RETURN(const bool made, Propose(transaction, candidate));
      if (made) ++position.candidates;
    }
    result.progress = {
        .checkpoint = Written(position),
        .done_count = position.blocks,
        .total_count = findings.finished ? position.blocks : findings.total};
    if (findings.finished) result.response = ResultOf(position);
    return result;
  };
}

}  // namespace crm::operational
