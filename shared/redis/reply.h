// One answer of a Redis server, as an owned value.

#ifndef CRM_SHARED_REDIS_REPLY_H_
#define CRM_SHARED_REDIS_REPLY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"

namespace crm {

struct RedisReply;

// The types a reply can have; nil is std::monostate.
struct RedisString {
  std::string bytes;
  friend bool operator==(const RedisString&, const RedisString&) = default;
};
struct RedisStatus {
  std::string text;
  friend bool operator==(const RedisStatus&, const RedisStatus&) = default;
};
struct RedisError {
  std::string text;
  friend bool operator==(const RedisError&, const RedisError&) = default;
};
struct RedisArray {
  std::vector<RedisReply> elements;
  friend bool operator==(const RedisArray&, const RedisArray&);
};

// A reply: nil, an integer, a string of any bytes, an array of replies, a
// status (`OK`) or an error. The accessors return null where the reply is of
// another type, because what a server sends is checked, not trusted.
struct RedisReply {
  std::variant<std::monostate, int64_t, RedisString, RedisArray, RedisStatus,
               RedisError>
      value;

  bool is_nil() const { return value.index() == 0; }
  const int64_t* integer() const { return std::get_if<int64_t>(&value); }
  const std::vector<RedisReply>* array() const {
    const RedisArray* array = std::get_if<RedisArray>(&value);
    return array == nullptr ? nullptr : &array->elements;
  }

  // Returns the bytes of a string or the text of a status.
  const std::string* text() const;

  // The same, to be moved from.
  std::vector<RedisReply>* array() {
    return const_cast<std::vector<RedisReply>*>(std::as_const(*this).array());
  }
  std::string* text() {
    return const_cast<std::string*>(std::as_const(*this).text());
  }

  // Returns OK unless the reply is an error, else what it means to the caller:
  //   UNAVAILABLE (REDIS_NOT_SERVING)  the server loads, fails over or is busy,
  //   RESOURCE_EXHAUSTED (REDIS_FULL)  it has reached its memory limit,
  //   NOT_FOUND (REDIS_NO_SCRIPT)      a script has to be loaded first,
  //   FAILED_PRECONDITION (REDIS_REFUSED)  it denies the command to this user,
  //   INTERNAL (REDIS_ERROR)           the command is wrong.
  absl::Status status() const;

  friend bool operator==(const RedisReply&, const RedisReply&) = default;
};

inline bool operator==(const RedisArray& a, const RedisArray& b) {
  return a.elements == b.elements;
}

}  // namespace crm

#endif  // CRM_SHARED_REDIS_REPLY_H_
