namespace Ingestion.Supervisor;

/// <summary>Rules that the simulation takes out, one at a time, to show that it would notice (tests/Simulation/SafeguardTests.cs). Nothing else ever sets them. By
/// thread, because worlds run side by side.</summary>
internal static class Sabotage
{
    [ThreadStatic] private static bool adoptsAnyStart;
    [ThreadStatic] private static bool laterGroupsGoOn;
    [ThreadStatic] private static SortedSet<string>? adopted;

    /// <param name="anyStart">A reading task is adopted wherever it began, and not given up for it afterwards.</param>
    /// <param name="laterGroups">Groups go on although one before them can no longer publish.</param>
    public static void Set(bool anyStart, bool laterGroups) => (adoptsAnyStart, laterGroupsGoOn, adopted) = (anyStart, laterGroups, new SortedSet<string>(StringComparer.Ordinal));

    public static bool Adopts(string baseSequenceName)
    {
        if (adoptsAnyStart) adopted!.Add(baseSequenceName);
        return adoptsAnyStart;
    }

    public static bool Spares(string baseSequenceName) => laterGroupsGoOn || (adoptsAnyStart && adopted!.Contains(baseSequenceName));
}
