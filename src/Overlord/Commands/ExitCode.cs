namespace Ingestion.Overlord.Commands;

/// <summary>What a command ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The overlord refused the request, or a check found something that would be refused.</summary>
    public const int Refused = 1;

    /// <summary>The command line, a file that it names, or the file of contexts is wrong: nothing was asked.</summary>
    public const int WrongUsage = 2;

    /// <summary>No answer from an overlord or a database, or one that says it cannot answer now (5xx).</summary>
    public const int Unavailable = 3;

    /// <summary>Stopped by a signal, as shells have it.</summary>
    public const int Interrupted = 130;
}
