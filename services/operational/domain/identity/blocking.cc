#include "services/operational/domain/identity/blocking.h"

#include <algorithm>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/identity/duplicate_score.h"
#include "services/operational/domain/identity/string_similarity.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

std::string PartOf(const KeyPart& part, const MatchRecord& record) {
  const absl::string_view value = ValueOf(record, part.field);
  switch (part.form) {
    case KeyPart::Form::kWhole:
      return std::string(value);
    case KeyPart::Form::kPrefix:
      return std::string(value.substr(0, part.length));
    case KeyPart::Form::kSoundex:
      return Soundex(value);
  }
  return "";
}

absl::Status TooManyPairs() {
  return ResourceExhausted(
      "TOO_MANY_PAIRS",
      absl::StrCat("The keys make more than ", kMaxCandidatePairs,
                   " pairs; use keys that fewer records share."));
}

}  // namespace

std::string KeyOf(const BlockingKey& key, const MatchRecord& record) {
  std::string result;
  for (const KeyPart& part : key) {
    const std::string text = PartOf(part, record);
    if (text.empty()) return "";
    // With their lengths, so that no other parts make the same key.
    absl::StrAppend(&result, text.size(), ":", text);
  }
  return result;
}

absl::StatusOr<CandidatePairs> FindCandidatePairs(
    std::span<const BlockingKey> keys, std::span<const MatchRecord> records,
    size_t max_block_size) {
  CandidatePairs result;
  for (const BlockingKey& key : keys) {
    std::unordered_map<std::string, std::vector<uint32_t>> blocks;
    for (uint32_t i = 0; i < records.size(); ++i) {
      std::string value = KeyOf(key, records[i]);
      if (!value.empty()) blocks[std::move(value)].push_back(i);
    }
    for (const auto& [value, block] : blocks) {
      if (block.size() > max_block_size) {
        ++result.skipped_blocks;
        continue;
      }
      if (result.pairs.size() + block.size() * (block.size() - 1) / 2 >
          kMaxCandidatePairs) {
        return TooManyPairs();
      }
      for (size_t i = 0; i < block.size(); ++i) {
        for (size_t j = i + 1; j < block.size(); ++j) {
          result.pairs.push_back({block[i], block[j]});
        }
      }
    }
  }
  std::sort(result.pairs.begin(), result.pairs.end());
  result.pairs.erase(std::unique(result.pairs.begin(), result.pairs.end()),
                     result.pairs.end());
  return result;
}

}  // namespace crm::operational
