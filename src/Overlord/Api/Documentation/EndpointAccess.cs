using Ingestion.Access.Http;
using Ingestion.Access.Users;

namespace Ingestion.Overlord.Api.Documentation;

/// <summary>What an endpoint's caller needs where users are named (<c>--users</c>), read from the endpoint's own metadata.</summary>
/// <param name="Words">A sentence.</param>
/// <param name="MustBeUser">Others get 401 or 429.</param>
/// <param name="MayRefuseUser">A user without the right, or the role, gets 403.</param>
internal sealed record EndpointAccess(string Words, bool MustBeUser, bool MayRefuseUser)
{
    /// <summary>What others are answered.</summary>
    public IEnumerable<AccessAnswer> Answers => AccessAnswer.All.Where(a => a.Status == StatusCodes.Status403Forbidden ? MayRefuseUser : MustBeUser);

    /// <exception cref="ArgumentException">It does not say what it needs.</exception>
    public static EndpointAccess Of(IEnumerable<object> metadata)
    {
        var all = metadata.ToList();
        return (all.OfType<Needs>().LastOrDefault(), all.OfType<DataSourceNeed>().LastOrDefault()) switch
        {
            (Needs.Nothing, _) => new("Open to anybody.", false, false),
            (Needs.Internal, _) => new("For overlords and workers alone (`internal`).", true, true),
            (Needs.Everywhere everywhere, _) => new($"Needs {DataSourceAccess.Name(everywhere.Right)} of all dataSources (`*`).", true, true),
            (Needs.Name, null) => new("For any user.", true, false),
            (Needs.Name, { } need) => new(Sentence(need), true, need.Of is not DataSourceOf.Each),
            (var other, _) => throw new ArgumentException($"[{other}] is no need that can be described", nameof(metadata)),
        };
    }

    private static string Sentence(DataSourceNeed need) => need.Of switch
    {
        DataSourceOf.Route => $"Needs {DataSourceAccess.Name(need.Right)} of the dataSource.",
        DataSourceOf.Supervisor => $"Needs {DataSourceAccess.Name(need.Right)} of the supervisor's dataSource.",
        DataSourceOf.Task => $"Needs {DataSourceAccess.Name(need.Right)} of the task's dataSource.",
        DataSourceOf.Body => $"Needs {DataSourceAccess.Name(need.Right)} of the dataSource in the body.",
        DataSourceOf.Query => $"Needs {DataSourceAccess.Name(need.Right)} of `?datasource` where it is given; else what the caller may not {DataSourceAccess.Name(need.Right)} is left out.",
        DataSourceOf.Each when need.Right == Right.Read => "What the caller may not read is left out.",
        DataSourceOf.Each => "What the caller may not write is left alone.",
        _ => throw new ArgumentOutOfRangeException(nameof(need), need, "is no known way to name a dataSource"),
    };
}
