// The only file that includes Boost.Beast.

#include "gateway/http/h1_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "gateway/http/request_rules.h"

namespace crm::gateway {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;

absl::string_view View(beast::string_view text) {
  return absl::string_view(text.data(), text.size());
}

}  // namespace

class H1Parser::Beast final : public http::basic_parser<true> {
 public:
  Beast(size_t max_body_bytes, std::function<void(absl::string_view)> on_body)
      : on_body_(std::move(on_body)) {
    body_limit(max_body_bytes);
    // The caller has bounded the head already.
    header_limit(std::numeric_limits<std::uint32_t>::max());
  }

  Result ParseHead(absl::string_view bytes) {
    eager(false);
    error_code error;
    put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != http::error::need_more) return Failure(error);
    if (!is_header_done()) return Result::kMalformed;
    eager(true);
    return is_done() ? Result::kComplete : Result::kNeedMore;
  }

  Result ParseBody(absl::string_view bytes, size_t& taken) {
    taken = 0;
    if (in_chunk_head_ && bytes.size() < kLastChunkBytes) {
      return Result::kNeedMore;
    }
    error_code error;
    taken = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != http::error::need_more) return Failure(error);
    in_chunk_head_ = taken == 0;
    return is_done() ? Result::kComplete : Result::kNeedMore;
  }

  int version() const { return version_; }

  RequestHead head;
  bool expects_continue = false;

 private:
  static Result Failure(error_code error) {
    return error == http::error::body_limit ? Result::kBodyTooLarge
                                            : Result::kMalformed;
  }

  void on_request_impl(http::verb, beast::string_view method,
                       beast::string_view target, int version,
                       error_code&) override {
    version_ = version;
    head.method = std::string(View(method));
    absl::string_view path = View(target);
    // The absolute form, which a client sends when it takes us for its proxy.
    if (absl::ConsumePrefix(&path, "http://")) {
      const size_t slash = path.find('/');
      head.authority = std::string(path.substr(0, slash));
      path = slash == absl::string_view::npos ? "/" : path.substr(slash);
    }
    head.path = std::string(path);
  }

  void on_field_impl(http::field, beast::string_view field_name,
                     beast::string_view field_value, error_code&) override {
    // Trailers arrive here too, after the head.
    if (is_header_done()) return;
    std::string name = absl::AsciiStrToLower(View(field_name));
    const absl::string_view value = View(field_value);
    if (name == "host") {
      if (head.authority.empty()) head.authority = std::string(value);
    } else if (name == "expect") {
      expects_continue = absl::EqualsIgnoreCase(value, "100-continue");
    } else if (name != "te" && !IsConnectionHeader(name)) {
      head.headers.push_back({std::move(name), std::string(value)});
    }
  }

  std::size_t on_body_impl(beast::string_view body, error_code&) override {
    on_body_(View(body));
    return body.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body,
                                 error_code&) override {
    on_body_(View(body));
    return body.size();
  }

  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&,
                         error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, beast::string_view,
                            error_code&) override {}
  void on_finish_impl(error_code&) override {}

  // The shortest last chunk, "0\r\n\r\n". Once Beast has seen that a chunk is
  // the last one, it asserts that it is never given less of it again.
  static constexpr size_t kLastChunkBytes = 5;

  std::function<void(absl::string_view)> on_body_;
  int version_ = 0;
  // Whether Beast waits for the rest of a chunk's head, or of what ends the
  // last chunk.
  bool in_chunk_head_ = false;
};

H1Parser::H1Parser(size_t max_body_bytes,
                   std::function<void(absl::string_view)> on_body)
    : beast_(std::make_unique<Beast>(max_body_bytes, std::move(on_body))) {}

H1Parser::~H1Parser() = default;

H1Parser::Result H1Parser::ParseHead(absl::string_view head) {
  beast_->head.http2 = false;
  return beast_->ParseHead(head);
}

H1Parser::Result H1Parser::ParseBody(absl::string_view bytes, size_t& taken) {
  return beast_->ParseBody(bytes, taken);
}

RequestHead H1Parser::TakeHead() { return std::move(beast_->head); }

bool H1Parser::keep_alive() const { return beast_->keep_alive(); }

bool H1Parser::http11() const { return beast_->version() >= 11; }

bool H1Parser::expects_continue() const { return beast_->expects_continue; }

}  // namespace crm::gateway
