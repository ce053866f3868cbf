#include "shared/tabular/csv_record.h"

#include <csv.h>

#include <memory>
#include <utility>

namespace crm {
namespace {

// What the parser's callbacks fill in.
struct Collected {
  CsvRecord record;
  bool ended = false;
};

void OnField(void* text, size_t size, void* data) {
  auto* collected = static_cast<Collected*>(data);
  if (collected->record.fields.size() > kMaxRecordFields) return;
  collected->record.fields.emplace_back(static_cast<const char*>(text), size);
}

void OnRecord(int /*character*/, void* data) {
  static_cast<Collected*>(data)->ended = true;
}

// A parser of libcsv and its buffer.
class Parser {
 public:
  explicit Parser(char delimiter) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Returns whether the bytes were well formed.
  bool Parse(absl::string_view bytes, Collected& collected) {
    return csv_parse(&parser_, bytes.data(), bytes.size(), OnField, OnRecord,
                     &collected) == bytes.size();
  }

  // The same for the end of all bytes.
  bool Finish(Collected& collected) {
    return csv_fini(&parser_, OnField, OnRecord, &collected) == 0;
  }

 private:
  csv_parser parser_;
};

// Returns where the line that `content` begins with ends; npos if it does not.
size_t EndOfLine(absl::string_view content, bool at_end) {
  const size_t end = content.find_first_of("\r\n");
  if (end == content.npos) return content.npos;
  if (content[end] == '\n') return end + 1;
  // Whether a line feed follows the carriage return is not known yet.
  if (end + 1 == content.size()) return at_end ? end + 1 : content.npos;
  return content[end + 1] == '\n' ? end + 2 : end + 1;
}

CsvRecord Malformed(size_t size) {
  CsvRecord record;
  record.size = size;
  record.malformed = true;
  return record;
}

}  // namespace

std::optional<CsvRecord> ReadCsvRecord(absl::string_view content,
                                       char delimiter, bool at_end) {
  Parser parser(delimiter);
  Collected collected;
  // Of a record with wrong quotes only the first line is given up.
  size_t first_line = 0;
  size_t size = 0;
  while (size < content.size()) {
    const absl::string_view rest = content.substr(size);
    const size_t end = EndOfLine(rest, at_end);
    if (end == rest.npos && !at_end) return std::nullopt;
    const size_t length = end == rest.npos ? rest.size() : end;
    size += length;
    const bool blank = rest.find_first_not_of("\r\n \t") >= length;
    if (first_line == 0 && !blank) first_line = size;
    if (!parser.Parse(rest.substr(0, length), collected)) {
      return Malformed(first_line == 0 ? size : first_line);
    }
    if (collected.ended) break;
  }
  if (!collected.ended) {
    if (!at_end) return std::nullopt;
    if (!parser.Finish(collected)) return Malformed(first_line);
    if (!collected.ended) return std::nullopt;
  }
  if (collected.record.fields.size() > kMaxRecordFields) {
    return Malformed(size);
  }
  collected.record.size = size;
  return std::move(collected.record);
}

}  // namespace crm
