namespace Ingestion.Embedded;

/// <summary>The folders of the variable PATH.</summary>
public static class SearchPath
{
    public static string[] Folders => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    public static bool Has(string program) => Find(program) is not null;

    /// <summary>The first that is there; null: none is.</summary>
    public static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
