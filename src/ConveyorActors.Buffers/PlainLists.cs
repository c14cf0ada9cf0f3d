using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

static class PlainLists
{
    /// <summary>
    /// Returns the list as an array: serializers that write the type name of a list cannot recreate the list types that
    /// the compiler generates.
    /// </summary>
    public static IReadOnlyList<T> ToPlainArray<T>(IReadOnlyList<T> list) =>
        list is null or T[] ? list! : list.ToArray();

    /// <summary>
    /// Returns the list as <see cref="ToPlainArray{T}"/> does, but keeps the records of a lease as they are, which is smaller.
    /// </summary>
    public static IReadOnlyList<BufferedRecord<T>> ToPlainRecords<T>(IReadOnlyList<BufferedRecord<T>> list) =>
        list is CopiedRecords<T> ? list : ToPlainArray(list);
}
