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
                    var data = select.GetBlob(1);
                    if (
                        RowSums.ComputeForGroup(group.Id, group.Queue.Id, group.First, group.Count, data)
                        == select.GetLong(0)
                    )
                        return data.ToArray();
                }
                finally
                {
                    select.Reset();
                }
            }
            AddFinding(group, "its checksum is wrong; its records are left out");
        }
        catch (SqliteException e)
        {
            AddFinding(group, $"it cannot be read: {Reasons.Describe(e)}");
        }
        return null;
    }

    /// <summary>Adds a finding of damage in a group.</summary>
    public void AddFinding(Group group, string what) => findings.Add(new(FindingKind.Damage, $"grp {group.Id}", what));
}
