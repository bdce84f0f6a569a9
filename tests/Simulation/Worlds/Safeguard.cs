namespace Ingestion.Simulation.Worlds;

/// <summary>What a world can be made to do without, one at a time, to show that the simulation notices.</summary>
internal enum Safeguard
{
    None,

    /// <summary>A publish goes through whatever is committed.</summary>
    CompareAndSwap,

    /// <summary>The database takes what an earlier leader writes.</summary>
    EpochCheck,

    /// <summary>A leader adopts reading tasks wherever they began.</summary>
    AdoptionComparison,

    /// <summary>A round offers what one of the replicas has read instead of the maximum.</summary>
    MaximumOverReplicas,

    /// <summary>Groups go on although one before them can no longer publish.</summary>
    EndOfLaterGroups,

    /// <summary>Effects are carried out while the records are still on their way to the database.</summary>
    RecordsBeforeEffects,

    /// <summary>A pause lasts until somebody resumes.</summary>
    PauseLease,

    /// <summary>A sequence that is read is published although rows of it still wait for their segment.</summary>
    AllRowsBeforePublish,
}
