// Conversions between types, written as engine SQL. Private to sql/.
#pragma once

#include <optional>
#include <string>

#include "sql/error.h"
#include "sql/scope.h"
#include "sql/type.h"

namespace penstock::sql {

// `value` as `target`, which it coerces to (requires coercible()).
std::string coerce_sql(const Typed& value, const Type& target);

// CAST(value AS target): nullopt when Trino does not define the cast.
std::optional<std::string> cast_sql(const Typed& value, const Type& target);

// A timestamp with time zone as the local time of its zone; anything else unchanged.
Typed local_time(const Typed& value);
// The text of a value as CAST(x AS varchar) gives it, without a bound.
std::optional<std::string> text_sql(const Typed& value);
// A JSON value of it.
std::optional<std::string> json_sql(const Typed& value);

}  // namespace penstock::sql
