# SPDX-License-Identifier: MIT
#
# What a debugger can show of a stopped xv39: `make qemu-gdb`, then in another terminal
#
#     gdb-multiarch -x kernel/xv39.gdb -ex 'target remote :1234' build/riscv64/sv39/kernel.elf
#
# All of it is read out of the machine's memory: nothing runs there meanwhile, no lock is taken, and
# what was being changed at that moment is seen half changed. `help xv39` lists the commands.

set print pretty on
set pagination off

define-prefix xv39
document xv39
What the kernel has in its memory:
  xv39 ps                every task
  xv39 vmas PID          its areas, and the sizes in its mm_struct
  xv39 walk ADDR [PID]   the page-table walk for an address: the process's, else the kernel's own
  xv39 page PFN          one struct page
  xv39 pages             free blocks of each order, the CPUs' lists, what the rest is used for
  xv39 slabs             the caches of the slab allocator
end

# $xv_ok: can the kernel's memory be read? QEMU translates as the stopped CPU would, and where that
# tells its privilege ($priv), user code sees user memory only.
define xv39_check
  set $xv_ok = 1
  if !$_isvoid($priv)
    if $priv == 0
      set $xv_ok = 0
      printf "this CPU is in user code, which does not see the kernel's memory; go on into it:\n"
      printf "  tbreak trap_from_user\n  continue\nor look from another CPU's side: info threads\n"
    end
  end
end

# $xv_task = the task with this pid, or 0.
define xv39_find_task
  set $xv_task = (struct task_struct *)0
  set $xv_offset = (unsigned long)&((struct task_struct *)0)->all_node
  set $xv_node = all_tasks.next
  while $xv_node != &all_tasks
    set $xv_t = (struct task_struct *)((unsigned long)$xv_node - $xv_offset)
    if $xv_t->pid == $arg0
      set $xv_task = $xv_t
    end
    set $xv_node = $xv_node->next
  end
  if $xv_task == 0
    printf "no task has pid %d\n", $arg0
  end
end

# $xv_rss = resident pages of $xv_mm.
define xv39_rss
  set $xv_rss = (long)$xv_mm->rss_anon + (long)$xv_mm->rss_file + (long)$xv_mm->rss_shmem
end

define xv39 ps
  xv39_check
  if $xv_ok
    set $xv_offset = (unsigned long)&((struct task_struct *)0)->all_node
    set $xv_node = all_tasks.next
    printf "  PID  PPID CPU STATE      NAME             RESIDENT  task_struct\n"
    while $xv_node != &all_tasks
      set $xv_t = (struct task_struct *)((unsigned long)$xv_node - $xv_offset)
      set $xv_ppid = 0
      if $xv_t->parent != 0
        set $xv_ppid = $xv_t->parent->pid
      end
      printf "%5d %5d %3d ", $xv_t->pid, $xv_ppid, $xv_t->cpu
      set $xv_state = (int)$xv_t->state
      if $xv_t->on_cpu
        printf "on a CPU   "
      else
        if $xv_state == TASK_RUNNING
          printf "runnable   "
        end
        if $xv_state == TASK_INTERRUPTIBLE || $xv_state == TASK_UNINTERRUPTIBLE
          printf "asleep     "
        end
        if $xv_state == TASK_STOPPED
          printf "stopped    "
        end
        if $xv_state == TASK_ZOMBIE
          printf "zombie     "
        end
      end
      printf "%-16s ", $xv_t->comm
      if $xv_t->mm != 0
        set $xv_mm = $xv_t->mm
        xv39_rss
        printf "%7ldK  ", $xv_rss * 4
      else
        printf "       -  "
      end
      printf "%p\n", $xv_t
      set $xv_node = $xv_node->next
    end
  end
end
document xv39 ps
Every task: pid, parent, CPU, state, name, resident memory in KiB.
end

define xv39 vmas
  xv39_check
  if $xv_ok
    if $argc != 1
      printf "usage: xv39 vmas PID\n"
    else
      xv39_find_task $arg0
      if $xv_task != 0 && $xv_task->mm == 0
        printf "%s (pid %d) has no address space of its own\n", $xv_task->comm, $xv_task->pid
      end
      if $xv_task != 0 && $xv_task->mm != 0
        set $xv_mm = $xv_task->mm
        set $xv_offset = (unsigned long)&((struct vm_area_struct *)0)->vm_list
        set $xv_node = $xv_mm->mmap.next
        while $xv_node != &$xv_mm->mmap
          set $xv_v = (struct vm_area_struct *)((unsigned long)$xv_node - $xv_offset)
          set $xv_f = $xv_v->vm_flags
          printf "%012lx-%012lx ", $xv_v->vm_start, $xv_v->vm_end
          set $xv_r = $xv_f & VM_READ ? 'r' : '-'
          set $xv_w = $xv_f & VM_WRITE ? 'w' : '-'
          set $xv_x = $xv_f & VM_EXEC ? 'x' : '-'
          set $xv_s = $xv_f & VM_MAYSHARE ? 's' : 'p'
          set $xv_pgoff = $xv_v->vm_file != 0 ? $xv_v->vm_pgoff : 0
          printf "%c%c%c%c %8lx ", $xv_r, $xv_w, $xv_x, $xv_s, $xv_pgoff
          if $xv_v->vm_file != 0 && $xv_v->vm_file->f_dentry != 0
            printf "%s", $xv_v->vm_file->f_dentry->d_name
          else
            if $xv_v->vm_start <= $xv_mm->start_stack && $xv_v->vm_end > $xv_mm->start_stack
              printf "[stack]"
            end
            if $xv_v->vm_start < $xv_mm->brk && $xv_v->vm_end > $xv_mm->start_brk
              printf "[heap]"
            end
            if $xv_v->vm_start == $xv_mm->vdso
              printf "[vdso]"
            end
          end
          printf "\n"
          set $xv_node = $xv_node->next
        end
        xv39_rss
        printf "%u areas, %lu pages: data %lu, exec %lu, stack %lu, locked %lu; resident %ld\n", \
          $xv_mm->map_count, $xv_mm->total_vm, $xv_mm->data_vm, $xv_mm->exec_vm, $xv_mm->stack_vm, \
          $xv_mm->locked_vm, $xv_rss
      end
    end
  end
end
document xv39 vmas
xv39 vmas PID: the areas of a process, as in /proc/PID/maps: range, access, offset in pages, name.
end

# The fields of entry $arg0 by the list $arg1; single bits that are clear are left out. $xv_frame:
# the address in the widest field.
define xv39_fields
  set $xv_field = $arg1
  set $xv_width = 0
  set $xv_frame = 0
  while $xv_field->name != 0
    set $xv_w = $xv_field->high - $xv_field->low + 1
    set $xv_value = ($arg0 >> $xv_field->low) & ((1ul << $xv_w) - 1)
    if $xv_w == 1
      if $xv_value != 0
        printf " %s", $xv_field->name
      end
    else
      if $xv_value != 0
        printf " %s=%lx", $xv_field->name, $xv_value
      end
      if $xv_w > $xv_width
        set $xv_width = $xv_w
        set $xv_frame = $xv_value << paging_format.page_shift
      end
    end
    set $xv_field = $xv_field + 1
  end
end

define xv39 walk
  xv39_check
  if $xv_ok
    if $argc == 0 || $argc > 2
      printf "usage: xv39 walk ADDR [PID]\n"
    else
      set $xv_va = (unsigned long)($arg0)
      set $xv_table = (unsigned long *)kernel_table.root
      set $xv_go = 1
      if $argc == 2
        xv39_find_task $arg1
        set $xv_go = 0
        if $xv_task != 0 && $xv_task->mm != 0
          set $xv_table = (unsigned long *)$xv_task->mm->pt.root
          set $xv_go = 1
        end
        if $xv_task != 0 && $xv_task->mm == 0
          printf "%s (pid %d) has no address space of its own\n", $xv_task->comm, $xv_task->pid
        end
      end
      set $xv_level = paging_format.levels - 1
      if $xv_go
        printf "%s, %d levels, address %016lx\n", paging_format.name, paging_format.levels, $xv_va
        set $xv_shift = paging_format.page_shift + paging_format.index_bits * paging_format.levels - 1
        if (long)$xv_va >> $xv_shift != 0 && (long)$xv_va >> $xv_shift != -1
          printf "  no address: all bits from bit %d on must be alike\n", $xv_shift
          set $xv_go = 0
        end
      end
      while $xv_go
        set $xv_shift = paging_format.page_shift + paging_format.index_bits * $xv_level
        set $xv_index = ($xv_va >> $xv_shift) & ((1ul << paging_format.index_bits) - 1)
        set $xv_pte = $xv_table[$xv_index]
        printf "  level %d  table %016lx  [%3lu] = %016lx ", $xv_level, (unsigned long)$xv_table, \
          $xv_index, $xv_pte
        if ($xv_pte & 1) == 0
          if $xv_pte == 0
            printf " nothing there\n"
          else
            printf " not present: what mm/pgtable.h says\n"
          end
          set $xv_go = 0
        else
          if $xv_level > 0 && ($xv_pte & paging_format.leaf_bits) == 0
            xv39_fields $xv_pte paging_format.table_fields
            printf "\n"
            set $xv_table = (unsigned long *)(paging_format.page_offset + $xv_frame)
            set $xv_level = $xv_level - 1
          else
            xv39_fields $xv_pte paging_format.leaf_fields
            printf "\n  physical %016lx\n", $xv_frame + ($xv_va & ((1ul << $xv_shift) - 1))
            set $xv_go = 0
          end
        end
      end
    end
  end
end
document xv39 walk
xv39 walk ADDR [PID]: the walk that the hardware makes for an address, table by table, through the
page table of a process; without PID through the kernel's own.
end

define xv39 page
  xv39_check
  if $xv_ok
    if $argc != 1
      printf "usage: xv39 page PFN\n"
    else
      set $xv_page = (struct page *)paging_format.page_array + (unsigned long)($arg0)
      set $xv_flags = (enum page_flags)$xv_page->flags
      printf "page %#lx at physical %#lx: ", (unsigned long)($arg0), \
        (unsigned long)($arg0) << paging_format.page_shift
      output $xv_flags
      printf "\n"
      output *$xv_page
      printf "\n"
    end
  end
end
document xv39 page
xv39 page PFN: the struct page of a page frame number, its flags by name.
end

define xv39 pages
  xv39_check
  if $xv_ok
    set $xv_i = 0
    printf "zone      total      free   low   min  blocks of 1, 2, 4 ... pages\n"
    while $xv_i < sizeof(zones) / sizeof(zones[0])
      if zones[$xv_i].total_pages != 0
        printf "%-6s %8lu  %8lu %5lu %5lu ", zones[$xv_i].name, zones[$xv_i].total_pages, \
          zones[$xv_i].free_pages, zones[$xv_i].low_wmark, zones[$xv_i].min_wmark
        set $xv_k = 0
        while $xv_k < sizeof(zones[0].nr_free) / sizeof(zones[0].nr_free[0])
          printf " %lu", zones[$xv_i].nr_free[$xv_k]
          set $xv_k = $xv_k + 1
        end
        printf "\n"
      end
      set $xv_i = $xv_i + 1
    end
    set $xv_c = 0
    while $xv_c < nr_cpus
      printf "cpu %d has", $xv_c
      set $xv_i = 0
      while $xv_i < sizeof(zones) / sizeof(zones[0])
        printf " %u", 'mm/pcp.c'::lists[$xv_c][$xv_i].count
        set $xv_i = $xv_i + 1
      end
      printf " pages at hand\n"
      set $xv_c = $xv_c + 1
    end
    printf "anonymous %ld, page cache %ld, page tables %ld\n", (long)nr_anon_pages, \
      (long)'mm/filemap.c'::nr_cached, (long)nr_page_table_pages
  end
end
document xv39 pages
Free pages of each zone by the order of their blocks, the CPUs' own lists, and what others are.
end

define xv39 slabs
  xv39_check
  if $xv_ok
    set $xv_offset = (unsigned long)&((struct kmem_cache *)0)->node
    set $xv_node = 'mm/slab.c'::caches.next
    printf "name                 object  in slabs  per slab  order   slabs   empty\n"
    while $xv_node != &'mm/slab.c'::caches
      set $xv_s = (struct kmem_cache *)((unsigned long)$xv_node - $xv_offset)
      printf "%-20s %6lu  %8lu  %8u  %5u  %6lu  %6lu\n", $xv_s->name, $xv_s->size, $xv_s->taken, \
        $xv_s->per_slab, $xv_s->order, $xv_s->nr_slabs, $xv_s->nr_empty
      set $xv_node = $xv_node->next
    end
  end
end
document xv39 slabs
The slab allocator's caches: size of an object, objects taken from slabs, slabs and empty slabs.
end
