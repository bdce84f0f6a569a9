namespace Ingestion.Access.Http;

/// <summary>The answers to who may not call: 401 with <see cref="Challenges"/>, 403 as Druid has it, 421 where somebody else's name was called, 429 with <c>Retry-After</c>.</summary>
public static class AccessRefusal
{
    public const string Missing = "Credentials are missing", Wrong = "The credentials are wrong", TooMany = "Too many wrong credentials: try again later";

    /// <summary>Of <c>WWW-Authenticate</c>. Browsers take the first.</summary>
    public static readonly string[] Challenges = ["Basic realm=\"druid\", charset=\"UTF-8\"", "Bearer realm=\"druid\""];

    public static string LacksRole(string? caller) => $"[{caller}] lacks the role";

    public static Task WriteAsync(HttpContext context, string why)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsJsonAsync(Body(why));
    }

    /// <summary>See <see cref="OwnNames"/>.</summary>
    public static Task WriteMisdirectedAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsJsonAsync(new { error = $"[{context.Request.Host.Host}] is no name that this process knows to be its own: start it with --known-as, or name users" });
    }

    /// <summary>Of 403, as Druid's.</summary>
    public static IDictionary<string, string> Body(string why) => new Dictionary<string, string> { ["Access-Check-Result"] = $"Unauthorized, {why}" };
}
