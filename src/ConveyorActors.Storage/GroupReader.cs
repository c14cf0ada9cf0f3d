using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage;

/// <summary>Reads the bytes of groups of records from the data file, and verifies them.</summary>
/// <remarks>Safe for use by many threads. The lock protects the data file.</remarks>
sealed class GroupReader(DataFile file, Lock fileGate, FindingList findings)
{
    readonly Statement select = file.Keep("SELECT sum, data FROM grp WHERE id=?");

    /// <summary>
    /// Returns the bytes of a group's records; null: the group was deleted, or cannot be read, which adds a finding.
    /// </summary>
    public byte[]? Read(Group group)
    {
        try
        {
            lock (fileGate)
            {
                try
                {
                    if (!select.Bind(group.Id).Step())
                        return null;
                    var data = select.Blob(1);
                    if (RowSums.OfGroup(group.Id, group.Queue.Id, group.First, group.Count, data) == select.Long(0))
                        return data.ToArray();
                }
                finally
                {
                    select.Reset();
                }
            }
            Found(group, "its checksum is wrong; its records are left out");
        }
        catch (SqliteException e)
        {
            Found(group, $"it cannot be read: {Reasons.Of(e)}");
        }
        return null;
    }

    void Found(Group group, string what) => findings.Add(new(FindingKind.Damage, $"grp {group.Id}", what));
}
