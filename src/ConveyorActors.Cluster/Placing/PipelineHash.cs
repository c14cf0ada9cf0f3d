using System.Text;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// A hash of an entity id that is the same in every process, on every machine and in every version: FNV-1a of its UTF-8
/// bytes.
/// </summary>
static class PipelineHash
{
    const uint Offset = 2_166_136_261,
        Prime = 16_777_619;

    /// <summary>Returns the number of an entity's shard.</summary>
    /// <param name="entityId">
    /// The id of a pipeline's entity from <see cref="PipelineExtractor"/>, which UTF-8 can represent completely.
    /// </param>
    /// <param name="shards">The number of shards.</param>
    public static int GetShard(string entityId, int shards)
    {
        var hash = Offset;
        foreach (var one in Encoding.UTF8.GetBytes(entityId))
            hash = (hash ^ one) * Prime;
        // The low bits of FNV are weak for short names that differ in the last letter.
        hash ^= hash >> 15;
        hash *= 0x85EBCA6B;
        hash ^= hash >> 13;
        return (int)(hash % (uint)shards);
    }
}
