#include "shared/resource/import_rows.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/utf8.h"
#include "shared/resource/import_operation.h"
#include "shared/tabular/csv_record.h"
#include "shared/tabular/json_record.h"

namespace crm {
namespace {

using ::crm::internal::v1::ImportCheckpoint;
using ::crm::platform::v1::ImportPlan;
using ::google::protobuf::Message;

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::Status Malformed(absl::string_view message) {
  return InvalidArgument("MALFORMED_ROW", message);
}

// Reads one row after another.
class Reader {
 public:
  Reader(const Resource& resource, const ImportPlan& plan,
         const ImportMapping& mapping, const ImportWindow& window,
         ImportCheckpoint& checkpoint)
      : resource_(resource),
        csv_(plan.format() == ImportPlan::CSV),
        delimiter_(plan.delimiter().empty() ? ',' : plan.delimiter()[0]),
        mapping_(mapping),
        window_(window),
        checkpoint_(checkpoint) {}

  // Reads what comes before the rows. Returns false where it is not there yet.
  absl::StatusOr<bool> Start() {
    if (!checkpoint_.started()) {
      // Nothing was taken yet, though parts without bytes may have been.
      if (absl::StartsWith(rest(), kByteOrderMark)) {
        size_ = kByteOrderMark.size();
      }
      if (csv_) {
        CRM_ASSIGN_OR_RETURN(const bool read, ReadHeader());
        if (!read) return false;
      } else if (rest().size() < kByteOrderMark.size() && !window_.at_end) {
        return false;
      }
      checkpoint_.set_started(true);
    }
    for (int i = 0; i < checkpoint_.header_size(); ++i) {
      positions_[checkpoint_.header(i)] = static_cast<size_t>(i);
    }
    return true;
  }

  // Returns the next row; nothing if there is none that is whole.
  std::optional<ImportRow> Next() {
    ImportRow row;
    row.resource = resource_.New();
    row.number = checkpoint_.row_count() + 1;
    if (csv_) {
      const auto record = ReadCsvRecord(rest(), delimiter_, window_.at_end);
      if (!record.has_value()) return std::nullopt;
      row.text = rest().substr(0, record->size);
      next_size_ = size_ + record->size;
      row.status = FromCsv(*record, row.text, *row.resource);
    } else {
      const auto line = ReadJsonLine(rest(), window_.at_end);
      if (!line.has_value()) return std::nullopt;
      row.text = line->text;
      next_size_ = size_ + line->size;
      row.status = FromJson(line->text, *row.resource);
    }
    return row;
  }

  // Takes the row that Next() returned.
  void Take() {
    size_ = next_size_;
    checkpoint_.set_row_count(checkpoint_.row_count() + 1);
  }

  absl::string_view rest() const {
    return absl::string_view(window_.bytes).substr(size_);
  }
  size_t size() const { return size_; }

 private:
  absl::StatusOr<bool> ReadHeader() {
    const auto record = ReadCsvRecord(rest(), delimiter_, window_.at_end);
    if (!record.has_value()) {
      if (rest().size() < kMaxHeaderBytes && !window_.at_end) return false;
      return rest().size() < kMaxHeaderBytes
                 ? InvalidArgument("IMPORT_HEADER_MISSING",
                                   "The rows have no names of columns.")
                 : TooLargeHeader();
    }
    if (record->size > kMaxHeaderBytes) return TooLargeHeader();
    if (record->malformed ||
        FindInvalidUtf8(rest().substr(0, record->size)) != rest().npos) {
      return InvalidArgument("IMPORT_HEADER_MALFORMED",
                             "The names of the columns cannot be read.");
    }
    CRM_RETURN_IF_ERROR(mapping_.CheckHeader(record->fields));
    for (const std::string& name : record->fields) checkpoint_.add_header(name);
    size_ += record->size;
    return true;
  }

  static absl::Status TooLargeHeader() {
    return InvalidArgument(
        "IMPORT_HEADER_TOO_LARGE",
        absl::StrCat("The names of the columns take more than ",
                     kMaxHeaderBytes, " bytes."));
  }

  absl::Status FromCsv(const CsvRecord& record, absl::string_view text,
                       Message& resource) const {
    if (record.malformed) {
      return Malformed("The quotes of the row are not those of CSV.");
    }
    if (FindInvalidUtf8(text) != text.npos) {
      return Malformed("The row is not in UTF-8.");
    }
    if (record.fields.size() !=
        static_cast<size_t>(checkpoint_.header_size())) {
      return Malformed(absl::StrCat("The row has ", record.fields.size(),
                                    " values, and there are ",
                                    checkpoint_.header_size(), " columns."));
    }
    return mapping_.Fill(
        [&](const std::string& column) -> const std::string* {
          const auto at = positions_.find(column);
          return at == positions_.end() ? nullptr : &record.fields[at->second];
        },
        resource);
  }

  absl::Status FromJson(absl::string_view text, Message& resource) const {
    if (FindInvalidUtf8(text) != text.npos) {
      return Malformed("The row is not in UTF-8.");
    }
    if (mapping_.whole_rows()) {
      const auto status = google::protobuf::util::JsonStringToMessage(
          google::protobuf::StringPiece(text.data(), text.size()), &resource);
      if (status.ok()) return absl::OkStatus();
      return Malformed(absl::StrCat(
          "The row is no ", resource.GetDescriptor()->name(), " in JSON: ",
          std::string(status.message().data(), status.message().size())));
    }
    CRM_ASSIGN_OR_RETURN(const auto columns, JsonColumns(text));
    return mapping_.Fill(
        [&](const std::string& column) -> const std::string* {
          const auto at = columns.find(column);
          return at == columns.end() ? nullptr : &at->second;
        },
        resource);
  }

  const Resource& resource_;
  const bool csv_;
  const char delimiter_;
  const ImportMapping& mapping_;
  const ImportWindow& window_;
  ImportCheckpoint& checkpoint_;
  // By the name of the column, where its value stands in a record.
  std::map<std::string, size_t> positions_;
  size_t size_ = 0;
  size_t next_size_ = 0;
};

}  // namespace

absl::StatusOr<ImportRows> ReadImportRows(const Resource& resource,
                                          const ImportPlan& plan,
                                          const ImportMapping& mapping,
                                          const ImportWindow& window,
                                          ImportCheckpoint& checkpoint) {
  ImportRows out;
  Reader reader(resource, plan, mapping, window, checkpoint);
  CRM_ASSIGN_OR_RETURN(const bool started, reader.Start());
  if (!started) return out;
  std::set<std::string> names;
  while (out.rows.size() < kImportBatch) {
    std::optional<ImportRow> row = reader.Next();
    if (!row.has_value()) {
      if (reader.rest().size() >= kMaxRowBytes && !window.at_end) {
        return InvalidArgument(
            "IMPORT_ROW_TOO_LARGE",
            absl::StrCat("Row ", checkpoint.row_count() + 1,
                         " takes more than ", kMaxRowBytes,
                         " bytes, or a quote in it has no end."));
      }
      out.finished = window.at_end;
      break;
    }
    const std::string name = ReadString(*row->resource, "name");
    if (!name.empty() && !names.insert(name).second) break;
    reader.Take();
    out.rows.push_back(*std::move(row));
  }
  if (window.at_end && reader.rest().empty()) out.finished = true;
  out.size = reader.size();
  return out;
}

void AdvanceInput(const ImportWindow& window, size_t size,
                  ImportCheckpoint& checkpoint) {
  size_t begin = 0;
  int64_t offset = window.offset;
  for (const auto& [part, end] : window.parts) {
    if (size < end) {
      checkpoint.set_part(part);
      checkpoint.set_offset(offset + static_cast<int64_t>(size - begin));
      return;
    }
    begin = end;
    offset = 0;
  }
  if (window.parts.empty()) return;
  checkpoint.set_part(window.next_part);
  checkpoint.set_offset(0);
}

}  // namespace crm
