using System.Text.Json.Nodes;
using Ingestion.Access.Http;
using Ingestion.Access.Users;

namespace Ingestion.Overlord.Api.Documentation;

/// <summary>An answer to who may not call: the same for all endpoints that <see cref="EndpointAccess"/> says may give it.</summary>
/// <param name="Name">In the OpenAPI document's components.</param>
/// <param name="Bodies">Real ones: tests bring them about.</param>
internal sealed record AccessAnswer(int Status, string Name, string Description, AccessHeader? Header, IReadOnlyList<JsonObject> Bodies)
{
    public static readonly IReadOnlyList<AccessAnswer> All =
    [
        new(StatusCodes.Status401Unauthorized, "Unauthenticated", "Credentials are missing, or nobody's", new AccessHeader("WWW-Authenticate", "The schemes that are understood", AccessRefusal.Challenges), [Error(AccessRefusal.Missing), Error(AccessRefusal.Wrong)]),
        new(StatusCodes.Status403Forbidden, "Forbidden", "The caller lacks the right, or the role; Druid's words", null, [Refused(DataSourceAccess.Why("wiki-writer", Right.Write, "orders")), Refused(AccessRefusal.LacksRole("wiki-writer"))]),
        new(StatusCodes.Status429TooManyRequests, "TooManyFailures", "Too many wrong credentials came from this address or for this name", new AccessHeader("Retry-After", "Seconds to wait", ["60"]), [Error(AccessRefusal.TooMany)]),
    ];

    private static JsonObject Error(string message) => new() { ["error"] = message };
    private static JsonObject Refused(string why) => new(AccessRefusal.Body(why).Select(m => KeyValuePair.Create<string, JsonNode?>(m.Key, m.Value)));
}

/// <param name="Values">One header each.</param>
internal sealed record AccessHeader(string Name, string Description, IReadOnlyList<string> Values);
