/* SPDX-License-Identifier: MIT */
/*
 * The ext2 file system as it lies on disk: revision 1 with 4 KiB blocks.
 *
 * Both the tool that makes an image and the kernel's driver include this file, so it holds only
 * fixed-width types and constants. All numbers on disk are little-endian; both users run on
 * little-endian machines and map the structures straight onto blocks.
 *
 * A volume is a row of 4 KiB blocks numbered from 0, cut into groups of 32768 blocks (what one
 * block of bitmap can describe; the last group may be shorter):
 *
 *     group:  [superblock][group descriptors] [block bitmap][inode bitmap][inode table] data ...
 *              \___ only in some groups ___/
 *
 * The authoritative superblock lies 1024 bytes into block 0, and the authoritative table of group
 * descriptors (one for every group of the volume) starts at block 1. Copies lie at the start of the
 * groups for which ext2_group_has_super() is true, the superblock then at offset 0 of the group's
 * first block. Where the bitmaps and the inode table lie is whatever the descriptor says: always
 * follow it.
 *
 * Inodes are numbered from 1: inode n is entry (n - 1) % s_inodes_per_group of the table of group
 * (n - 1) / s_inodes_per_group. In a bitmap, bit i is bit i % 8 of byte i / 8, and 1 means in use;
 * bits beyond the end of the volume (blocks) or of the group (inodes) are 1.
 *
 * Specification: "The Second Extended File System" (D. Poirier), and the "ext4 Data Structures and
 * Algorithms" document for the fields that later revisions gave a meaning.
 */
#ifndef MKFS_EXT2_FORMAT_H
#define MKFS_EXT2_FORMAT_H

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the structures are mapped onto little-endian disk blocks unconverted");

#define EXT2_BLOCK_SHIFT 12
#define EXT2_BLOCK_SIZE  (1 << EXT2_BLOCK_SHIFT)

/* What a 4 KiB bitmap block can describe: the most blocks, and the most inodes, in one group. */
#define EXT2_BITS_PER_BLOCK (8 * EXT2_BLOCK_SIZE)

/* --- superblock ------------------------------------------------------------------------------ */

#define EXT2_SUPER_OFFSET 1024 /* bytes from the start of the volume */
#define EXT2_SUPER_MAGIC  0xef53

/* s_state. A driver clears VALID while the volume is mounted for writing and sets it on unmount. */
#define EXT2_STATE_VALID     0x0001 /* unmounted cleanly */
#define EXT2_STATE_ERROR     0x0002 /* a driver has seen damage */

#define EXT2_ERRORS_CONTINUE 1 /* s_errors: what a driver does on damage */
#define EXT2_OS_LINUX        0 /* s_creator_os: settles the meaning of the inode's osd2 bytes */
#define EXT2_DYNAMIC_REV     1 /* s_rev_level: s_first_ino, s_inode_size and features are valid */

/*
 * Features. An unknown COMPAT bit may be ignored, an unknown RO_COMPAT bit allows reading only, an
 * unknown INCOMPAT bit forbids touching the volume at all.
 */
#define EXT2_INCOMPAT_FILETYPE      0x0002 /* directory entries carry a file type */
#define EXT2_RO_COMPAT_SPARSE_SUPER 0x0001 /* superblock copies in some groups only */
#define EXT2_RO_COMPAT_LARGE_FILE   0x0002 /* at least one file is of 2 GiB or more */

struct ext2_superblock {
    uint32_t s_inodes_count;        /* inodes in the volume, reserved ones included */
    uint32_t s_blocks_count;        /* blocks in the volume, metadata included */
    uint32_t s_r_blocks_count;      /* blocks that only root may use */
    uint32_t s_free_blocks_count;   /* sum of the groups' counts */
    uint32_t s_free_inodes_count;   /* sum of the groups' counts */
    uint32_t s_first_data_block;    /* block that holds the superblock: 0 with 4 KiB blocks */
    uint32_t s_log_block_size;      /* block size is 1024 << this: 2 */
    uint32_t s_log_cluster_size;    /* allocation unit, the same as the block size in ext2 */
    uint32_t s_blocks_per_group;    /* 32768 */
    uint32_t s_clusters_per_group;  /* the same as s_blocks_per_group */
    uint32_t s_inodes_per_group;    /* fills whole blocks of inode table */
    uint32_t s_mtime;               /* last mount, seconds since 1970 */
    uint32_t s_wtime;               /* last write of the superblock, seconds since 1970 */
    uint16_t s_mnt_count;           /* mounts since the last check */
    uint16_t s_max_mnt_count;       /* mounts after which a check is due; 0xffff: never */
    uint16_t s_magic;               /* EXT2_SUPER_MAGIC */
    uint16_t s_state;               /* EXT2_STATE_* bits */
    uint16_t s_errors;              /* EXT2_ERRORS_* */
    uint16_t s_minor_rev_level;     /* 0 */
    uint32_t s_lastcheck;           /* last check, seconds since 1970 */
    uint32_t s_checkinterval;       /* seconds after which a check is due; 0: never */
    uint32_t s_creator_os;          /* EXT2_OS_LINUX */
    uint32_t s_rev_level;           /* EXT2_DYNAMIC_REV */
    uint16_t s_def_resuid;          /* user who may use the reserved blocks */
    uint16_t s_def_resgid;          /* group who may use the reserved blocks */
    uint32_t s_first_ino;           /* first inode that is not reserved: 11 */
    uint16_t s_inode_size;          /* bytes between two inodes of the table: 128 or more */
    uint16_t s_block_group_nr;      /* group that holds this copy */
    uint32_t s_feature_compat;      /* COMPAT bits */
    uint32_t s_feature_incompat;    /* INCOMPAT bits */
    uint32_t s_feature_ro_compat;   /* RO_COMPAT bits */
    uint8_t s_uuid[16];             /* identity of the volume */
    char s_volume_name[16];         /* label, padded with zeros, perhaps not terminated */
    char s_last_mounted[64];        /* where it was last mounted */
    uint32_t s_algorithm_usage;     /* compression, unused */
    uint8_t s_prealloc_blocks;      /* blocks to preallocate for files, a hint */
    uint8_t s_prealloc_dir_blocks;  /* blocks to preallocate for directories, a hint */
    uint16_t s_reserved_gdt_blocks; /* room for growing the descriptor table: 0 */
    uint8_t s_journal_and_hash[48]; /* fields of features that this format never sets */
    uint32_t s_default_mount_opts;  /* 0 */
    uint32_t s_first_meta_bg;       /* 0 */
    uint32_t s_mkfs_time;           /* when the volume was made, seconds since 1970 */
    uint8_t s_reserved[756];        /* later revisions' fields: 0 */
};

_Static_assert(sizeof(struct ext2_superblock) == 1024, "superblock is 1024 bytes");
_Static_assert(__builtin_offsetof(struct ext2_superblock, s_magic) == 56, "magic is at 56");
_Static_assert(__builtin_offsetof(struct ext2_superblock, s_first_ino) == 84, "revision 1 at 84");
_Static_assert(__builtin_offsetof(struct ext2_superblock, s_uuid) == 104, "UUID is at 104");
_Static_assert(__builtin_offsetof(struct ext2_superblock, s_mkfs_time) == 264, "mkfs time at 264");

/*
 * With EXT2_RO_COMPAT_SPARSE_SUPER the superblock and descriptors are copied in groups 0, 1 and the
 * powers of 3, 5 and 7; without it in every group.
 */
static inline int ext2_group_has_super(uint32_t group)
{
    if (group <= 1)
        return 1;
    for (uint32_t base = 3; base <= 7; base += 2) {
        uint64_t power = base;

        while (power < group)
            power *= base;
        if (power == group)
            return 1;
    }
    return 0;
}

/* --- group descriptors ----------------------------------------------------------------------- */

struct ext2_group_desc {
    uint32_t bg_block_bitmap;      /* block number of the block bitmap */
    uint32_t bg_inode_bitmap;      /* block number of the inode bitmap */
    uint32_t bg_inode_table;       /* first block of the inode table */
    uint16_t bg_free_blocks_count; /* free blocks in this group */
    uint16_t bg_free_inodes_count; /* free inodes in this group */
    uint16_t bg_used_dirs_count;   /* inodes of this group that are directories */
    uint16_t bg_flags;             /* 0 */
    uint8_t bg_reserved[12];       /* 0 */
};

_Static_assert(sizeof(struct ext2_group_desc) == 32, "group descriptor is 32 bytes");

#define EXT2_DESCS_PER_BLOCK (EXT2_BLOCK_SIZE / sizeof(struct ext2_group_desc))

/* --- inodes ---------------------------------------------------------------------------------- */

#define EXT2_BAD_INO    1  /* inode of the list of bad blocks */
#define EXT2_ROOT_INO   2  /* the root directory */
#define EXT2_FIRST_INO  11 /* first free for use; lost+found has it by custom */

#define EXT2_INODE_SIZE 128 /* what mkfs writes; a driver goes by s_inode_size */

/*
 * The fifteen block pointers: twelve blocks of the file itself, then an indirect block (1024
 * pointers), a double-indirect block (1024 indirect blocks) and a triple-indirect block. A pointer
 * of 0 at any level is a hole that reads as zeros.
 */
#define EXT2_NDIR_BLOCKS    12
#define EXT2_IND_BLOCK      12
#define EXT2_DIND_BLOCK     13
#define EXT2_TIND_BLOCK     14
#define EXT2_N_BLOCKS       15
#define EXT2_PTRS_SHIFT     10
#define EXT2_PTRS_PER_BLOCK (1 << EXT2_PTRS_SHIFT)

/* i_mode: a type in the top four bits, then set-user, set-group, sticky and nine permissions. */
#define EXT2_S_IFMT   0xf000
#define EXT2_S_IFIFO  0x1000
#define EXT2_S_IFCHR  0x2000
#define EXT2_S_IFDIR  0x4000
#define EXT2_S_IFBLK  0x6000
#define EXT2_S_IFREG  0x8000
#define EXT2_S_IFLNK  0xa000
#define EXT2_S_IFSOCK 0xc000

/* i_links_count: the most names a file, or subdirectories plus 2 a directory, may have. */
#define EXT2_LINK_MAX 32000

/*
 * A symbolic link shorter than i_block itself lies in it (a fast one: i_blocks is 0, i_size its
 * length, zeros behind it); a longer one is the contents of the inode's only block.
 */
#define EXT2_FAST_SYMLINK_MAX 59

struct ext2_inode {
    uint16_t i_mode;                 /* EXT2_S_IF* and permissions */
    uint16_t i_uid;                  /* owner, low 16 bits */
    uint32_t i_size;                 /* bytes, low 32 bits; directories: whole blocks */
    uint32_t i_atime;                /* last read, seconds since 1970 (signed) */
    uint32_t i_ctime;                /* last change of the inode */
    uint32_t i_mtime;                /* last change of the contents */
    uint32_t i_dtime;                /* when it was deleted; 0 while in use */
    uint16_t i_gid;                  /* group, low 16 bits */
    uint16_t i_links_count;          /* names; a directory's "." counts, and its children's ".." */
    uint32_t i_blocks;               /* space in use, in 512-byte units, indirect blocks included */
    uint32_t i_flags;                /* 0 */
    uint32_t i_osd1;                 /* 0 */
    uint32_t i_block[EXT2_N_BLOCKS]; /* block pointers, device number, or symbolic link */
    uint32_t i_generation;           /* for network file systems: 0 */
    uint32_t i_file_acl;             /* block of extended attributes: 0 */
    uint32_t i_size_high;            /* regular files: high 32 bits of the size */
    uint32_t i_faddr;                /* 0 */
    uint16_t i_blocks_high;          /* 0 */
    uint16_t i_file_acl_high;        /* 0 */
    uint16_t i_uid_high;             /* owner, high 16 bits */
    uint16_t i_gid_high;             /* group, high 16 bits */
    uint32_t i_reserved;             /* 0 */
};

_Static_assert(sizeof(struct ext2_inode) == EXT2_INODE_SIZE, "inode is 128 bytes");
_Static_assert(__builtin_offsetof(struct ext2_inode, i_block) == 40, "block pointers at 40");
_Static_assert(sizeof(((struct ext2_inode *)0)->i_block) == EXT2_FAST_SYMLINK_MAX + 1,
               "a fast symbolic link and its terminating zero fill i_block");

/*
 * A device's number: major and minor below 256 lie in i_block[0] as major << 8 | minor; others
 * leave i_block[0] 0 and lie in i_block[1], with the minor's high bits above the 12 bits of the
 * major.
 */
static inline void ext2_encode_dev(uint32_t block[EXT2_N_BLOCKS], uint32_t major, uint32_t minor)
{
    if (major < 256 && minor < 256) {
        block[0] = major << 8 | minor;
        block[1] = 0;
    } else {
        block[0] = 0;
        block[1] = (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffu) << 12;
    }
}

static inline void ext2_decode_dev(const uint32_t block[EXT2_N_BLOCKS], uint32_t *major,
                                   uint32_t *minor)
{
    if (block[0]) {
        *major = block[0] >> 8 & 0xff;
        *minor = block[0] & 0xff;
    } else {
        *major = block[1] >> 8 & 0xfff;
        *minor = (block[1] & 0xff) | (block[1] >> 12 & 0xfff00);
    }
}

/* --- directories ----------------------------------------------------------------------------- */

/*
 * A directory's contents are entries laid end to end, each at a multiple of 4 bytes; rec_len leads
 * to the next. No entry crosses a block, and every block is filled: its last entry's rec_len
 * reaches the end. An entry with inode 0 is free space. "." and ".." are the first two entries.
 */
struct ext2_dir_entry {
    uint32_t inode;    /* 0: unused */
    uint16_t rec_len;  /* bytes from this entry to the next, a multiple of 4 */
    uint8_t name_len;  /* bytes of name, without terminating zero */
    uint8_t file_type; /* EXT2_FT_* of the inode it names */
    char name[];
};

_Static_assert(sizeof(struct ext2_dir_entry) == 8, "name is at 8");

#define EXT2_NAME_MAX 255

/* The least rec_len, in bytes, of an entry whose name has len bytes. */
#define EXT2_DIR_REC_LEN(len) ((sizeof(struct ext2_dir_entry) + (len) + 3) & ~3u)

#define EXT2_FT_UNKNOWN       0
#define EXT2_FT_REG           1
#define EXT2_FT_DIR           2
#define EXT2_FT_CHR           3
#define EXT2_FT_BLK           4
#define EXT2_FT_FIFO          5
#define EXT2_FT_SOCK          6
#define EXT2_FT_SYMLINK       7

#endif
