namespace Ingestion.Supervisor.Tests.Scenarios;

/// <summary>Calls tasks A, B, C in the order of their appearance.</summary>
internal sealed class TaskNames
{
    private readonly List<string> ids = [];

    public string Name(string id)
    {
        if (!ids.Contains(id)) ids.Add(id);
        return ((char)('A' + ids.IndexOf(id))).ToString();
    }

    public string Id(string name) => ids[name[0] - 'A'];

    public string In(string text) => ids.Aggregate(text, (t, id) => t.Replace(id, Name(id), StringComparison.Ordinal));
}
