namespace ConveyorActors.Http.OpenApi;

/// <summary>The names of the groups of operations.</summary>
static class Tags
{
    public const string RecordsIn = "Records in",
        RecordsOut = "Records out",
        Inspection = "Inspection",
        Changes = "Changes",
        Server = "Server";

    /// <summary>The groups in the order in which they are shown.</summary>
    public static readonly string[] All = [RecordsIn, RecordsOut, Inspection, Changes, Server];
}
